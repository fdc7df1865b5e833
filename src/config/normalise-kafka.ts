import { parseTablePattern, patternsOverlap, type TablePattern } from "../core/table-pattern.ts";
import { topicPattern } from "../core/topic-name.ts";
import type {
  KafkaConnectionConfig,
  KafkaSinkConfig,
  KafkaSourceConfig,
  MysqlConnectionConfig,
  OffsetStart,
  RuleConfig,
} from "./config.ts";
import { readKafkaConnection } from "./connections-kafka.ts";
import { readMysqlServer } from "./read-mysql-server.ts";
import { optional } from "./optional.ts";
import type { Report } from "./problems.ts";
import type { ConfigDocument } from "./schema.ts";
import { describeTopicNameProblem } from "./schema-values.ts";
import type { FileSources } from "./tls.ts";

type SourceDocument = Extract<ConfigDocument["source"], { type: "kafka" }>;
type SinkDocument = Extract<ConfigDocument["sink"], { type: "kafka" }>;
type BetweenDocument = NonNullable<ConfigDocument["kafka"]>;

/** A Kafka source as the program uses it; problems are reported at places below its table. */
export function normaliseKafkaSource(
  document: SourceDocument,
  { name, sources, report }: { readonly name: string } & Reading,
): KafkaSourceConfig {
  return {
    type: "kafka",
    connection: readKafkaConnection(document, sources, report),
    topics: document.topics,
    format: document.format,
    ...readingOf(document, name),
    ...optional("start", document.start && toOffsetStart(document.start)),
    ...optional(
      "mysql",
      document.mysql === undefined
        ? undefined
        : readMysqlServer(document.mysql, {
            sources,
            report: (path, message) => report(["mysql", ...path], message),
          }),
    ),
  };
}

/** A Kafka sink as the program uses it; problems are reported at places below its table. */
export function normaliseKafkaSink(
  document: SinkDocument,
  { sources, report }: Reading,
): KafkaSinkConfig {
  return writingOf(document, readKafkaConnection(document, sources, report), report);
}

/** Both sides of the topics between two halves; problems are reported at places below the table. */
export function normaliseKafkaBetween(
  document: BetweenDocument,
  {
    name,
    rules,
    mysql,
    sources,
    report,
  }: {
    readonly name: string;
    readonly rules: readonly RuleConfig[];
    readonly mysql: MysqlConnectionConfig;
  } & Reading,
): { readonly source: KafkaSourceConfig; readonly sink: KafkaSinkConfig } {
  const connection = readKafkaConnection(document, sources, report);
  const topics = rules.map((rule) => topicPattern(document.topic, parseTablePattern(rule.table)));
  return {
    sink: writingOf(document, connection, report),
    source: {
      type: "kafka",
      connection,
      topics: [...new Set(topics)],
      // Whatever else was written into these topics before is read too.
      format: "auto",
      ...readingOf(document, name),
      start: toOffsetStart(document.start),
      mysql,
    },
  };
}

/** What reading a table depends on besides its keys. */
interface Reading {
  readonly sources: FileSources;
  readonly report: Report;
}

function readingOf(
  document: SourceDocument | BetweenDocument,
  name: string,
): Pick<
  KafkaSourceConfig,
  | "group"
  | "groupProtocol"
  | "instanceId"
  | "sessionTimeoutMs"
  | "revokeTimeoutMs"
  | "maxFetchBytes"
> {
  return {
    group: document.group ?? name,
    groupProtocol: document.group_protocol,
    ...optional("instanceId", document.instance_id),
    sessionTimeoutMs: document.session_timeout,
    revokeTimeoutMs: document.revoke_timeout,
    maxFetchBytes: document.max_fetch_bytes,
  };
}

function writingOf(
  document: SinkDocument | BetweenDocument,
  connection: KafkaConnectionConfig,
  report: Report,
): KafkaSinkConfig {
  checkTemplate(document.topic, report);
  const { create_topics: created } = document;
  return {
    type: "kafka",
    connection,
    topic: document.topic,
    format: document.format,
    partitioner: document.partitioner,
    partitionBy: readPartitionBy(document.partition_by, report),
    delivery: document.delivery,
    ...optional(
      "createTopics",
      created === false
        ? undefined
        : {
            partitions: created.partitions,
            replication: created.replication ?? BROKERS_DEFAULT,
          },
    ),
    compression: document.compression,
    enumLabels: document.enum_labels,
    maxBufferBytes: document.max_buffer,
  };
}

/** Kafka's own sign for "as the brokers are set" (KIP-464). */
const BROKERS_DEFAULT = -1;

function checkTemplate(template: string, report: Report): void {
  const name = template.replaceAll(/\{(?:database|table)\}/g, "x");
  const unknown = /\{[^}]*\}?/.exec(name)?.[0];
  const problem =
    unknown === undefined
      ? describeTopicNameProblem(name)
      : `must not contain ${unknown}: only {database} and {table} are filled in`;
  if (problem !== null) report(["topic"], problem);
}

/** The columns by canonical pattern. */
function readPartitionBy(
  columns: Readonly<Record<string, readonly string[]>>,
  report: Report,
): Readonly<Record<string, readonly string[]>> {
  const read: { readonly pattern: TablePattern; readonly columns: readonly string[] }[] = [];
  for (const [table, names] of Object.entries(columns)) {
    try {
      const pattern = parseTablePattern(table);
      const other = read.find((each) => patternsOverlap(each.pattern, pattern));
      if (other !== undefined) {
        report(["partition_by", table], `takes tables of "${other.pattern.text}" too`);
      }
      read.push({ pattern, columns: names });
    } catch (error) {
      report(["partition_by", table], error instanceof Error ? error.message : String(error));
    }
  }
  return Object.fromEntries(read.map((each) => [each.pattern.text, each.columns]));
}

function toOffsetStart(start: BetweenDocument["start"]): OffsetStart {
  if (typeof start === "string") return { kind: start };
  if ("timestamp" in start) return { kind: "timestamp", timestampMs: start.timestamp };
  return { kind: "offsets", offsets: start.offsets };
}
