import { createHash } from "node:crypto";
import type {
  AdminConfig,
  CommonConfig,
  ElasticsearchSinkConfig,
  MysqlSourceConfig,
  PipelineConfig,
  StartPoint,
} from "./config.ts";
import { readSinkAddress, readSourceAddress } from "./connections.ts";
import {
  normaliseKafkaBetween,
  normaliseKafkaSink,
  normaliseKafkaSource,
} from "./normalise-kafka.ts";
import { normaliseLoad } from "./normalise-load.ts";
import { captureStores, directStores, halvesStores, syncStores } from "./normalise-stores.ts";
import { optional } from "./optional.ts";
import { reportBelow, type ConfigProblem } from "./problems.ts";
import { parseListen } from "./schema-admin.ts";
import type { ConfigDocument } from "./schema.ts";
import { normaliseRules, normaliseTests } from "./normalise-rules.ts";
import { readTls, type FileSources } from "./tls.ts";

/** What a configuration's meaning depends on besides its text. */
export interface NormaliseOptions extends FileSources {
  /** This machine's name; part of the default server id. */
  readonly hostname: string;
  /** What references in rules stand for. */
  readonly secrets: ReadonlySet<string>;
}

type MysqlDocument = Extract<ConfigDocument["source"], { type: "mysql" }>;
type ElasticsearchDocument = Extract<ConfigDocument["sink"], { type: "elasticsearch" }>;

/**
 * The pipelines that a document describes, as the program uses them, from a document that has passed the schema: one, or the capture and the sync with Kafka
 * between them. Problems are added; the result then means nothing.
 */
export function normaliseConfig(
  document: ConfigDocument,
  options: NormaliseOptions,
  problems: ConfigProblem[],
): readonly PipelineConfig[] {
  const { source, sink, kafka, name } = document;
  const common = normaliseCommon(document, options, problems);
  const report = reportBelow([], problems);
  const documents = normaliseLoad(document, options, problems);
  const stores = {
    state: document.state,
    deadLetters: document.dead_letters,
    folder: options.folder,
    report,
  };
  const at = (section: string) => ({
    name,
    sources: options,
    report: reportBelow([section], problems),
  });
  if (kafka !== undefined && (source.type === "kafka" || sink.type === "kafka")) {
    report(["kafka"], "belongs between a MySQL source and an Elasticsearch sink only");
  }
  if (kafka !== undefined || source.type === "kafka" || sink.type === "kafka")
    refuseCascades(common, problems);
  if (source.type === "mysql") {
    const mysql = normaliseMysqlSource(source, { document, options, problems });
    if (sink.type === "kafka") {
      return [
        {
          topology: "capture",
          ...common,
          source: mysql,
          sink: normaliseKafkaSink(sink, at("sink")),
          ...captureStores(stores, sink.delivery),
        },
      ];
    }
    const elasticsearch = normaliseElasticsearchSink(sink, options, problems);
    if (kafka === undefined) {
      return [
        {
          topology: "direct",
          ...common,
          source: mysql,
          sink: elasticsearch,
          ...directStores(stores),
          ...documents,
        },
      ];
    }
    const { host, port, user, password, tls, connectTimeoutMs } = mysql;
    const origin = { host, port, user, password, ...optional("tls", tls), connectTimeoutMs };
    const between = { ...at("kafka"), rules: common.rules, mysql: origin };
    const topics = normaliseKafkaBetween(kafka, between);
    const halves = halvesStores(stores, kafka.checkpoint_topic);
    const captured = documents.load.mode === "initial" ? beginning(mysql) : mysql;
    return [
      { topology: "capture", ...common, source: captured, sink: topics.sink, ...halves.capture },
      {
        topology: "sync",
        ...common,
        source: topics.source,
        sink: elasticsearch,
        ...halves.sync,
        ...documents,
      },
    ];
  }
  const topics = normaliseKafkaSource(source, at("source"));
  if (documents.load.mode === "initial" && topics.mysql === undefined)
    report(
      ["load", "mode"],
      'is "initial", and rows are read from MySQL: source.mysql must name it',
    );
  if (sink.type === "kafka") {
    report(["sink", "type"], 'must be "elasticsearch": what is read from Kafka becomes documents');
    normaliseKafkaSink(sink, at("sink"));
    return [];
  }
  return [
    {
      topology: "sync",
      ...common,
      source: topics,
      sink: normaliseElasticsearchSink(sink, options, problems),
      ...syncStores(stores),
      ...documents,
    },
  ];
}

/** A sync does not read the parents, and its partitions do not tell where their transactions end. */
function refuseCascades({ rules }: CommonConfig, problems: ConfigProblem[]): void {
  rules.forEach(({ cascade }, i) => {
    if (cascade === "synthesize")
      reportBelow(["rules", i], problems)(
        ["cascade"],
        'must be "ignore" with Kafka: only a pipeline that reads the log and writes documents itself follows foreign keys',
      );
  });
}

function normaliseCommon(
  document: ConfigDocument,
  sources: NormaliseOptions,
  problems: ConfigProblem[],
): CommonConfig {
  const rules = normaliseRules(document.rules, sources, problems);
  return {
    name: document.name,
    drainTimeoutMs: document.drain_timeout,
    log: { level: document.log.level, ...optional("format", document.log.format) },
    ...optional("admin", document.admin && normaliseAdmin(document.admin)),
    rules,
    tests: normaliseTests(document.tests ?? [], rules, problems),
  };
}

function normaliseAdmin({ listen, token }: NonNullable<ConfigDocument["admin"]>): AdminConfig {
  const { host = "", port = 0 } = parseListen(listen) ?? {};
  return { host, port, ...optional("token", token) };
}

function normaliseMysqlSource(
  source: MysqlDocument,
  {
    document,
    options,
    problems,
  }: {
    readonly document: ConfigDocument;
    readonly options: NormaliseOptions;
    readonly problems: ConfigProblem[];
  },
): MysqlSourceConfig {
  return {
    type: source.type,
    ...readSourceAddress(source, reportBelow(["source"], problems)),
    ...(source.tls && {
      tls: readTls(source.tls, options, reportBelow(["source", "tls"], problems)),
    }),
    ...optional("start", source.start === undefined ? undefined : toStartPoint(source.start)),
    serverId: source.server_id ?? deriveServerId(document.name, options.hostname),
    gtid: source.gtid,
    heartbeatIntervalMs: source.heartbeat_interval,
    connectTimeoutMs: source.connect_timeout,
  };
}

/** Where everything that was there before is loaded, the log is read from now on. */
function beginning(source: MysqlSourceConfig): MysqlSourceConfig {
  return { ...source, start: source.start ?? { kind: "latest" } };
}

function normaliseElasticsearchSink(
  sink: ElasticsearchDocument,
  options: NormaliseOptions,
  problems: ConfigProblem[],
): ElasticsearchSinkConfig {
  return {
    type: sink.type,
    ...readSinkAddress(sink, reportBelow(["sink"], problems)),
    ...(sink.tls && { tls: readTls(sink.tls, options, reportBelow(["sink", "tls"], problems)) }),
    lanes: sink.lanes,
    maxActions: sink.max_actions,
    maxBytes: sink.max_bytes,
    flushIntervalMs: sink.flush_interval,
    requestTimeoutMs: sink.request_timeout,
    onReject: sink.on_reject,
  };
}

/** A replica id for a pipeline on a machine: stable, and above 3,000,000,000, where people seldom number their servers. */
export function deriveServerId(name: string, hostname: string): number {
  const hash = createHash("sha256").update(`${name}\0${hostname}`).digest().readUInt32BE(0);
  return 3_000_000_000 + (hash % (0xffff_ffff - 3_000_000_000));
}

function toStartPoint(start: NonNullable<MysqlDocument["start"]>): StartPoint {
  if (typeof start === "string") return { kind: start };
  if ("timestamp" in start) return { kind: "timestamp", timestampMs: start.timestamp };
  if ("file" in start) return { kind: "position", file: start.file, position: start.position };
  return { kind: "gtid", gtidSet: start.gtid_set };
}
