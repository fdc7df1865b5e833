import type { DirectConfig, RuleConfig, StartPoint, StoreConfig, TlsConfig } from "./config.ts";
import type { ConfigInput } from "./schema.ts";
import { formatDuration, formatSize } from "./units.ts";

/** The configuration as it would be written in a file with every key given; reading that gives the same configuration. */
export function toDocument(config: DirectConfig): ConfigInput {
  const { source, sink } = config;
  return {
    name: config.name,
    drain_timeout: formatDuration(config.drainTimeoutMs),
    source: {
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
      ...(source.tls && { tls: describeSourceTls(source.tls) }),
    },
    sink: {
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
    },
    state: describeStore(config.state),
    dead_letters: describeStore(config.deadLetters),
    log: config.log,
    rules: config.rules.map(describeRule),
  };
}

function describeStart(start: StartPoint): NonNullable<ConfigInput["source"]["start"]> {
  if (start.kind === "position") return { file: start.file, position: start.position };
  return start.kind === "gtid" ? { gtid_set: start.gtidSet } : start.kind;
}

function describeAuth(auth: DirectConfig["sink"]["auth"]): Partial<ConfigInput["sink"]> {
  if (auth === undefined) return {};
  if (auth.kind === "basic") return { username: auth.username, password: auth.password };
  return auth.kind === "apiKey" ? { api_key: auth.key } : { bearer_token: auth.token };
}

function describeSourceTls({
  verifyHost,
  ...tls
}: TlsConfig): NonNullable<ConfigInput["source"]["tls"]> {
  return { ...tls, verify_host: verifyHost };
}

function describeSinkTls(
  tls: NonNullable<DirectConfig["sink"]["tls"]>,
): NonNullable<ConfigInput["sink"]["tls"]> {
  return { ...(tls.ca === undefined ? {} : { ca: tls.ca }), insecure: tls.insecure };
}

function describeStore(store: StoreConfig): NonNullable<ConfigInput["state"]> {
  return { ...store };
}

function describeRule(rule: RuleConfig): ConfigInput["rules"][number] {
  const fields = {
    ...(rule.include && { include: [...rule.include] }),
    ...(rule.exclude.length > 0 && { exclude: [...rule.exclude] }),
    ...(Object.keys(rule.rename).length > 0 && { rename: { ...rule.rename } }),
  };
  return {
    table: rule.table,
    index: rule.index,
    ...(rule.id && { id: [...rule.id] }),
    ...(Object.keys(fields).length > 0 && { fields }),
    upsert: rule.upsert,
    create_index: rule.createIndex,
    dynamic: rule.dynamic,
    decimals: rule.decimals,
    on_truncate: rule.onTruncate,
  };
}
