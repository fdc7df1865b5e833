import type {
  AdminConfig,
  ElasticsearchSinkConfig,
  MysqlSourceConfig,
  PipelineConfig,
  RuleConfig,
  StartPoint,
  TlsConfig,
} from "./config.ts";
import { describeKafkaSink, describeKafkaSource, describeTls } from "./document-kafka.ts";
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
    log: config.log,
    ...(config.admin && { admin: describeAdmin(config.admin) }),
    rules: config.rules.map(describeRule),
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
    ...(rule.include && { include: [...rule.include] }),
    ...(rule.exclude.length > 0 && { exclude: [...rule.exclude] }),
    ...(Object.keys(rule.rename).length > 0 && { rename: { ...rule.rename } }),
  };
  return {
    table: rule.table,
    ...(rule.index !== "" && { index: rule.index }),
    ...(rule.id && { id: [...rule.id] }),
    ...(Object.keys(fields).length > 0 && { fields }),
    upsert: rule.upsert,
    create_index: rule.createIndex,
    dynamic: rule.dynamic,
    decimals: rule.decimals,
    on_truncate: rule.onTruncate,
  };
}
