import type {
  AdminConfig,
  ElasticsearchSinkConfig,
  MysqlSourceConfig,
  PipelineConfig,
  RuleConfig,
  RuleTest,
  StartPoint,
  TlsConfig,
} from "./config.ts";
import type { Scalar } from "../core/rule.ts";
import { describeKafkaSink, describeKafkaSource, describeTls } from "./document-kafka.ts";
import { describeLoad, describeVerify } from "./document-load.ts";
import { optional } from "./optional.ts";
import type { ConfigInput } from "./schema.ts";
import { formatDuration, formatSize } from "./units.ts";

type MysqlInput = Exclude<ConfigInput["source"], { type: "kafka" }>;
type ElasticsearchInput = Exclude<ConfigInput["sink"], { type: "kafka" }>;

/** The configuration as it would be written in a file with every key given; reading that gives the same configuration. */
export function toDocument(config: PipelineConfig): ConfigInput {
  const { source, sink } = config;
  return {
    name: config.name,
    drain_timeout: formatDuration(config.drainTimeoutMs),
    source: source.type === "kafka" ? describeKafkaSource(source) : describeMysqlSource(source),
    sink: sink.type === "kafka" ? describeKafkaSink(sink) : describeElasticsearchSink(sink),
    state: { ...config.state },
    dead_letters: { ...config.deadLetters },
    ...(config.topology === "capture"
      ? {}
      : { load: describeLoad(config.load), verify: describeVerify(config.verify) }),
    log: config.log,
    ...(config.admin && { admin: describeAdmin(config.admin) }),
    rules: config.rules.map(describeRule),
    ...(config.tests.length > 0 && { tests: config.tests.map(describeTest) }),
  };
}

function describeAdmin({ host, port, token }: AdminConfig): NonNullable<ConfigInput["admin"]> {
  const listen = `${host.includes(":") ? `[${host}]` : host}:${port}`;
  return { listen, ...(token === undefined ? {} : { token }) };
}

function describeMysqlSource(source: MysqlSourceConfig): MysqlInput {
  return {
    type: source.type,
    host: source.host,
    port: source.port,
    user: source.user,
    password: source.password,
    ...(source.start && { start: describeStart(source.start) }),
    server_id: source.serverId,
    gtid: source.gtid,
    heartbeat_interval: formatDuration(source.heartbeatIntervalMs),
    connect_timeout: formatDuration(source.connectTimeoutMs),
    ...(source.tls && { tls: describeTls(source.tls) }),
  };
}

function describeElasticsearchSink(sink: ElasticsearchSinkConfig): ElasticsearchInput {
  return {
    type: sink.type,
    hosts: [...sink.hosts],
    ...describeAuth(sink.auth),
    lanes: sink.lanes,
    max_actions: sink.maxActions,
    max_bytes: formatSize(sink.maxBytes),
    flush_interval: formatDuration(sink.flushIntervalMs),
    request_timeout: formatDuration(sink.requestTimeoutMs),
    on_reject: sink.onReject,
    ...(sink.tls && { tls: describeSinkTls(sink.tls) }),
  };
}

function describeStart(start: StartPoint): NonNullable<MysqlInput["start"]> {
  if (start.kind === "position") return { file: start.file, position: start.position };
  if (start.kind === "timestamp") return { timestamp: new Date(start.timestampMs).toISOString() };
  return start.kind === "gtid" ? { gtid_set: start.gtidSet } : start.kind;
}

function describeAuth(auth: ElasticsearchSinkConfig["auth"]): Partial<ElasticsearchInput> {
  if (auth === undefined) return {};
  if (auth.kind === "basic") return { username: auth.username, password: auth.password };
  return auth.kind === "apiKey" ? { api_key: auth.key } : { bearer_token: auth.token };
}

function describeSinkTls(tls: TlsConfig): NonNullable<ElasticsearchInput["tls"]> {
  return { ...(tls.ca === undefined ? {} : { ca: tls.ca }), insecure: tls.insecure };
}

function describeRule(rule: RuleConfig): ConfigInput["rules"][number] {
  const fields = {
    ...optional("include", copyOf(rule.include)),
    ...optional("exclude", copyOf(rule.exclude)),
    ...optional("rename", rule.rename && { ...rule.rename }),
    ...optional("types", rule.types && { ...rule.types }),
    ...optional("constants", rule.constants && mapValues(rule.constants, plain)),
  };
  return {
    name: rule.name,
    ...(rule.query === undefined ? { table: rule.table } : { query: rule.query }),
    ...(rule.index !== "" && { index: rule.index }),
    ...optional("id", copyOf(rule.id)),
    ...optional("routing", rule.routing),
    ...optional("pipeline", rule.pipeline),
    ...(Object.keys(fields).length > 0 && { fields }),
    ...optional("where", describeWhere(rule.where)),
    ...optional("delete_when", rule.deleteWhen),
    ...optional("transform", rule.transform),
    ...optional("mapping", rule.mapping && mapValues(rule.mapping, (each) => ({ ...each }))),
    upsert: rule.upsert,
    ...(rule.upsert && { on_delete: rule.onDelete }),
    create_index: rule.createIndex,
    dynamic: rule.dynamic,
    decimals: rule.decimals,
    on_truncate: rule.onTruncate,
    cascade: rule.cascade,
  };
}

function describeWhere(where: RuleConfig["where"]): ConfigInput["rules"][number]["where"] {
  if (where === undefined || typeof where === "string") return where;
  return mapValues(where, (value) => (isList(value) ? value.map(plain) : plain(value)));
}

function describeTest(test: RuleTest): NonNullable<ConfigInput["tests"]>[number] {
  return {
    ...test,
    row: { ...test.row },
    expect: test.expect === null ? "none" : { ...test.expect },
    ...optional("place", test.place && { ...test.place }),
  };
}

function copyOf<Value extends readonly string[] | string>(
  value: Value | undefined,
): string[] | Extract<Value, string> | undefined {
  return typeof value === "object" ? [...value] : (value as Extract<Value, string> | undefined);
}

function isList(value: Scalar | readonly Scalar[]): value is readonly Scalar[] {
  return Array.isArray(value);
}

/** No configuration can hold more than a number. */
function plain(value: Scalar): Exclude<Scalar, bigint> {
  return typeof value === "bigint" ? `${value}` : value;
}

function mapValues<From, To>(
  table: Readonly<Record<string, From>>,
  map: (value: From) => To,
): Record<string, To> {
  return Object.fromEntries(Object.entries(table).map(([key, value]) => [key, map(value)]));
}
