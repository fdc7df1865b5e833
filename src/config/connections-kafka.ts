import type { KafkaConnectionConfig, SaslConfig } from "./config.ts";
import { optional } from "./optional.ts";
import type { Report } from "./problems.ts";
import { readTls, type FileSources, type TlsKeys } from "./tls.ts";

/** The keys of a table that say how to connect to Kafka; whatever is badly written is absent. */
export interface KafkaConnectionKeys {
  /** Null stands for an address that is badly written. */
  readonly brokers?: readonly (string | null)[] | undefined;
  readonly connect_timeout?: number | undefined;
  readonly request_timeout?: number | undefined;
  readonly tls?: TlsKeys | undefined;
  readonly sasl?: SaslKeys | undefined;
}

/** The keys of a `sasl` table. */
export interface SaslKeys {
  readonly mechanism: SaslConfig["mechanism"];
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly token?: string | undefined;
  readonly token_url?: string | undefined;
  readonly client_id?: string | undefined;
  readonly client_secret?: string | undefined;
  readonly scope?: string | undefined;
}

const DEFAULT_PORT = 9092;

/** How to connect to a Kafka cluster; problems are reported at places below the table. */
export function readKafkaConnection(
  keys: KafkaConnectionKeys,
  sources: FileSources,
  report: Report,
): KafkaConnectionConfig {
  const tls =
    keys.tls && readTls(keys.tls, sources, (path, message) => report(["tls", ...path], message));
  const sasl =
    keys.sasl && readSasl(keys.sasl, (path, message) => report(["sasl", ...path], message));
  return {
    brokers: readBrokers(keys.brokers ?? [], report),
    ...optional("tls", tls),
    ...optional("sasl", sasl),
    connectTimeoutMs: keys.connect_timeout ?? 0,
    requestTimeoutMs: keys.request_timeout ?? 0,
  };
}

/** All addresses as `host:port`, each once. */
function readBrokers(texts: readonly (string | null)[], report: Report): readonly string[] {
  const brokers = texts.flatMap((text, i) => {
    // What is no text is told by the schema.
    if (text === null) return [];
    const addresses = parseBrokers(text);
    if (addresses === null) report(["brokers", i], "must be host:port, without a scheme");
    return addresses ?? [];
  });
  return [...new Set(brokers)];
}

/** The addresses in a text, `host:port` each, with commas between them and port 9092 where none is given; null when one is no address. */
export function parseBrokers(text: string): readonly string[] | null {
  const addresses = text.split(",").map((address) => {
    const match = /^(\[[0-9A-Fa-f:.]+\]|[^\s:/@[\]]+)(?::(\d{1,5}))?$/.exec(address.trim());
    const port = Number(match?.[2] ?? DEFAULT_PORT);
    return match?.[1] !== undefined && port >= 1 && port <= 65_535 ? `${match[1]}:${port}` : null;
  });
  return addresses.every((address) => address !== null) ? addresses : null;
}

const OAUTH_KEYS = ["token", "token_url", "client_id", "client_secret", "scope"] as const;
const USER_KEYS = ["username", "password"] as const;

function readSasl(keys: SaslKeys, report: Report): SaslConfig | undefined {
  const { mechanism } = keys;
  const isOauth = mechanism === "oauthbearer";
  for (const key of isOauth ? USER_KEYS : OAUTH_KEYS) {
    if (keys[key] !== undefined) report([key], `means nothing with mechanism = "${mechanism}"`);
  }
  if (isOauth) return readOauth(keys, report);
  const { username, password } = keys;
  if (username === undefined) report([], `needs a username`);
  if (password === undefined) report([], `needs a password`);
  return { mechanism, username: username ?? "", password: password ?? "" };
}

function readOauth(keys: SaslKeys, report: Report): SaslConfig | undefined {
  const { token, token_url: url, client_id: clientId, client_secret: clientSecret, scope } = keys;
  const mechanism = "oauthbearer";
  if (token !== undefined) {
    for (const key of OAUTH_KEYS) {
      if (key !== "token" && keys[key] !== undefined) report([key], "stands beside token");
    }
    return { mechanism, provider: { kind: "token", token } };
  }
  if (url === undefined) {
    report([], "needs a token, or a token_url with client_id and client_secret");
    return undefined;
  }
  if (!isHttpUrl(url)) report(["token_url"], "must be a URL that begins with https:// or http://");
  if (clientId === undefined) report(["token_url"], "needs a client_id");
  if (clientSecret === undefined) report(["token_url"], "needs a client_secret");
  return {
    mechanism,
    provider: {
      kind: "endpoint",
      url,
      clientId: clientId ?? "",
      clientSecret: clientSecret ?? "",
      ...optional("scope", scope),
    },
  };
}

function isHttpUrl(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}
