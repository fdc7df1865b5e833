import type {
  AdminConfig,
  ElasticsearchSinkConfig,
  KafkaConnectionConfig,
  MysqlConnectionConfig,
  PipelineConfig,
  RuleConfig,
  SaslConfig,
  TlsConfig,
} from "./config.ts";
import { hideValues } from "../core/redact.ts";
import { optional } from "./optional.ts";

const HIDDEN = "***";

/** The configuration with every secret replaced by `***`, to print it. */
export function redactConfig<Config extends PipelineConfig>(config: Config): Config {
  const { source, sink } = config;
  return {
    ...config,
    ...optional("admin", config.admin && redactAdmin(config.admin)),
    rules: config.rules.map(redactRule),
    source:
      source.type === "mysql"
        ? redactMysql(source)
        : {
            ...source,
            connection: redactKafka(source.connection),
            ...optional("mysql", source.mysql && redactMysql(source.mysql)),
          },
    sink:
      sink.type === "elasticsearch"
        ? redactElasticsearch(sink)
        : { ...sink, connection: redactKafka(sink.connection) },
  };
}

/** The rule with what its references stood for hidden wherever SQL or values are; the names of tables and indices are no secrets. */
function redactRule(rule: RuleConfig): RuleConfig {
  const { secrets, name, table, index, transform, pipeline } = rule;
  if (secrets === undefined) return rule;
  const hide = (_key: string, value: unknown): unknown =>
    typeof value === "string" ? hideValues(value, secrets) : value;
  const hidden = JSON.parse(JSON.stringify({ ...rule, secrets: undefined }, hide)) as RuleConfig;
  return {
    ...hidden,
    name,
    table,
    index,
    ...optional("transform", transform),
    ...optional("pipeline", pipeline),
  };
}

function redactAdmin(admin: AdminConfig): AdminConfig {
  return admin.token === undefined ? admin : { ...admin, token: HIDDEN };
}

function redactMysql<Connection extends MysqlConnectionConfig>(connection: Connection): Connection {
  return {
    ...connection,
    password: connection.password === "" ? "" : HIDDEN,
    ...optional("tls", connection.tls && redactTls(connection.tls)),
  };
}

function redactElasticsearch(sink: ElasticsearchSinkConfig): ElasticsearchSinkConfig {
  return {
    ...sink,
    ...optional("auth", sink.auth && redactAuth(sink.auth)),
    ...optional("tls", sink.tls && redactTls(sink.tls)),
  };
}

function redactKafka(connection: KafkaConnectionConfig): KafkaConnectionConfig {
  return {
    ...connection,
    ...optional("tls", connection.tls && redactTls(connection.tls)),
    ...optional("sasl", connection.sasl && redactSasl(connection.sasl)),
  };
}

function redactSasl(sasl: SaslConfig): SaslConfig {
  if (sasl.mechanism !== "oauthbearer") return { ...sasl, password: HIDDEN };
  const { provider } = sasl;
  return provider.kind === "token"
    ? { ...sasl, provider: { ...provider, token: HIDDEN } }
    : { ...sasl, provider: { ...provider, clientSecret: HIDDEN } };
}

function redactAuth(
  auth: NonNullable<ElasticsearchSinkConfig["auth"]>,
): NonNullable<ElasticsearchSinkConfig["auth"]> {
  if (auth.kind === "basic") return { ...auth, password: HIDDEN };
  return auth.kind === "apiKey" ? { ...auth, key: HIDDEN } : { ...auth, token: HIDDEN };
}

function redactTls(tls: TlsConfig): TlsConfig {
  return tls.key === undefined ? tls : { ...tls, key: HIDDEN };
}
