import type {
  KafkaConnectionConfig,
  KafkaSinkConfig,
  KafkaSourceConfig,
  MysqlConnectionConfig,
  OffsetStart,
  SaslConfig,
  TlsConfig,
} from "./config.ts";
import { optional } from "./optional.ts";
import type { ConfigInput } from "./schema.ts";
import { formatDuration, formatSize } from "./units.ts";

type SourceInput = Extract<ConfigInput["source"], { type: "kafka" }>;
type SinkInput = Extract<ConfigInput["sink"], { type: "kafka" }>;

/** `[source]` with every key given. */
export function describeKafkaSource(source: KafkaSourceConfig): SourceInput {
  return {
    type: source.type,
    ...describeConnection(source.connection),
    topics: [...source.topics],
    group: source.group,
    format: source.format,
    ...optional("start", source.start && describeStart(source.start)),
    group_protocol: source.groupProtocol,
    ...optional("instance_id", source.instanceId),
    session_timeout: formatDuration(source.sessionTimeoutMs),
    revoke_timeout: formatDuration(source.revokeTimeoutMs),
    max_fetch_bytes: formatSize(source.maxFetchBytes),
    ...optional("mysql", source.mysql && describeMysqlServer(source.mysql)),
  };
}

/** `[sink]` with every key given. */
export function describeKafkaSink(sink: KafkaSinkConfig): SinkInput {
  return {
    type: sink.type,
    ...describeConnection(sink.connection),
    topic: sink.topic,
    format: sink.format,
    partitioner: sink.partitioner,
    partition_by: Object.fromEntries(
      Object.entries(sink.partitionBy).map(([table, columns]) => [table, [...columns]]),
    ),
    delivery: sink.delivery,
    create_topics: describeNewTopics(sink.createTopics),
    compression: sink.compression,
    enum_labels: sink.enumLabels,
    max_buffer: formatSize(sink.maxBufferBytes),
  };
}

/** A `tls` table whose certificates and keys are PEM text. */
export function describeTls({ verifyHost, ...tls }: TlsConfig) {
  return { ...tls, verify_host: verifyHost };
}

function describeConnection(connection: KafkaConnectionConfig) {
  return {
    brokers: [...connection.brokers],
    connect_timeout: formatDuration(connection.connectTimeoutMs),
    request_timeout: formatDuration(connection.requestTimeoutMs),
    ...optional("tls", connection.tls && describeTls(connection.tls)),
    ...optional("sasl", connection.sasl && describeSasl(connection.sasl)),
  };
}

function describeSasl(sasl: SaslConfig): NonNullable<SinkInput["sasl"]> {
  const { mechanism } = sasl;
  if (mechanism !== "oauthbearer") return { ...sasl };
  const { provider } = sasl;
  if (provider.kind === "token") return { mechanism, token: provider.token };
  const { url, clientId, clientSecret, scope } = provider;
  return {
    mechanism,
    token_url: url,
    client_id: clientId,
    client_secret: clientSecret,
    ...optional("scope", scope),
  };
}

function describeStart(start: OffsetStart): NonNullable<SourceInput["start"]> {
  if (start.kind === "timestamp") return { timestamp: new Date(start.timestampMs).toISOString() };
  if (start.kind !== "offsets") return start.kind;
  const offsets = Object.entries(start.offsets).map(([topic, places]) => [topic, { ...places }]);
  return { offsets: Object.fromEntries(offsets) as Record<string, Record<string, number>> };
}

function describeNewTopics(topics: KafkaSinkConfig["createTopics"]): SinkInput["create_topics"] {
  if (topics === undefined) return false;
  const { partitions, replication } = topics;
  // Anything below 1 stands for what the brokers are set to.
  return { partitions, ...optional("replication", replication > 0 ? replication : undefined) };
}

/** A MySQL server other than the source, as a table. */
export function describeMysqlServer(
  mysql: MysqlConnectionConfig,
): NonNullable<SourceInput["mysql"]> {
  const { host, port, user, password, tls, connectTimeoutMs } = mysql;
  return {
    host,
    port,
    user,
    password,
    connect_timeout: formatDuration(connectTimeoutMs),
    ...optional("tls", tls && describeTls(tls)),
  };
}
