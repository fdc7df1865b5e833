import { randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createAuthority } from "../../test/support/certificate.ts";
import type { Service } from "./contract.ts";
import { findFreePort } from "./ports.ts";

/** A user and what it proves itself with, by every mechanism but OAUTHBEARER, which takes any unsigned token of the user. */
export interface KafkaUser {
  readonly username: string;
  readonly password: string;
}

/** What a Kafka broker that was started with `secure` has beside its plain listener. Made anew for each instance. */
export interface KafkaSecurity {
  /** `host:port` of each listener. */
  readonly listeners: {
    readonly saslPlaintext: string;
    readonly ssl: string;
    readonly saslSsl: string;
    /** TLS that wants a certificate of the client. */
    readonly mutualTls: string;
  };
  /** Certificate of the authority that the brokers' and the client's come from, PEM. */
  readonly ca: string;
  /** Of a client that may do everything, PEM. */
  readonly client: { readonly cert: string; readonly key: string };
  /** May do everything. */
  readonly user: KafkaUser;
  /** May do nothing. */
  readonly stranger: KafkaUser;
}

const FILE = "security.json";
/** Listeners' names in the broker's settings. */
const LISTENERS = {
  saslPlaintext: { name: "SASLPLAIN", protocol: "SASL_PLAINTEXT" },
  ssl: { name: "TLS", protocol: "SSL" },
  saslSsl: { name: "SASLTLS", protocol: "SASL_SSL" },
  mutualTls: { name: "MUTUAL", protocol: "SSL" },
} as const;
const SECURITY_PACKAGE = "org.apache.kafka.common.security";

/** The secured listeners of a broker that was started with `secure`. */
export async function readKafkaSecurity(service: Service): Promise<KafkaSecurity> {
  const text = await readFile(join(service.directory ?? "", FILE), "utf8");
  return JSON.parse(text) as KafkaSecurity;
}

/** Makes keys, certificates and passwords for a broker, or takes those that its folder has. */
export async function prepareKafkaSecurity(directory: string): Promise<KafkaSecurity> {
  const file = join(directory, FILE);
  const before = await readFile(file, "utf8").catch(() => null);
  if (before !== null) return JSON.parse(before) as KafkaSecurity;
  const authority = createAuthority("tailrace test authority");
  const broker = authority.issue("broker", ["DNS:localhost", "IP:127.0.0.1"]);
  await writeFile(join(directory, "ca.pem"), authority.cert);
  await writeFile(join(directory, "broker.pem"), broker.key + broker.cert, { mode: 0o600 });
  const security: KafkaSecurity = {
    listeners: {
      saslPlaintext: `127.0.0.1:${await findFreePort()}`,
      ssl: `127.0.0.1:${await findFreePort()}`,
      saslSsl: `127.0.0.1:${await findFreePort()}`,
      mutualTls: `127.0.0.1:${await findFreePort()}`,
    },
    ca: authority.cert,
    client: authority.issue("client", []),
    user: { username: "alice", password: randomPassword() },
    stranger: { username: "mallory", password: randomPassword() },
  };
  await writeFile(file, JSON.stringify(security, null, 2), { mode: 0o600 });
  return security;
}

/** Arguments of the storage tool: SCRAM credentials are part of a new broker's metadata. */
export function scramArguments({ user, stranger }: KafkaSecurity): readonly string[] {
  return [user, stranger].flatMap(({ username, password }) =>
    ["SCRAM-SHA-256", "SCRAM-SHA-512"].flatMap((mechanism) => [
      "--add-scram",
      `${mechanism}=[name=${username},password=${password}]`,
    ]),
  );
}

/** The broker's settings, given those of a broker with a plain listener. */
export function secureSettings(
  directory: string,
  security: KafkaSecurity,
  plain: Readonly<Record<string, string | number>>,
): Readonly<Record<string, string | number>> {
  const { user, stranger } = security;
  const listeners = Object.entries(LISTENERS).map(([key, { name, protocol }]) => ({
    name,
    protocol,
    address: security.listeners[key as keyof typeof LISTENERS],
  }));
  const addresses = listeners.map(({ name, address }) => `${name}://${address}`).join(",");
  const protocols = listeners.map(({ name, protocol }) => `${name}:${protocol}`).join(",");
  const users = [user, stranger].map((each) => `user_${each.username}="${each.password}"`);
  const sasl = [LISTENERS.saslPlaintext, LISTENERS.saslSsl].flatMap(({ name }) => {
    const prefix = `listener.name.${name.toLowerCase()}`;
    const scram = `${SECURITY_PACKAGE}.scram.ScramLoginModule required;`;
    return [
      [
        `${prefix}.plain.sasl.jaas.config`,
        `${SECURITY_PACKAGE}.plain.PlainLoginModule required ${users.join(" ")};`,
      ],
      [`${prefix}.scram-sha-256.sasl.jaas.config`, scram],
      [`${prefix}.scram-sha-512.sasl.jaas.config`, scram],
      [
        `${prefix}.oauthbearer.sasl.jaas.config`,
        `${SECURITY_PACKAGE}.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="broker";`,
      ],
    ] as const;
  });
  return {
    ...plain,
    listeners: `${plain["listeners"]},${addresses}`,
    "advertised.listeners": `${plain["advertised.listeners"]},${addresses}`,
    "listener.security.protocol.map": `${plain["listener.security.protocol.map"]},${protocols}`,
    "sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER",
    ...Object.fromEntries(sasl),
    "ssl.keystore.type": "PEM",
    "ssl.keystore.location": join(directory, "broker.pem"),
    "ssl.truststore.type": "PEM",
    "ssl.truststore.location": join(directory, "ca.pem"),
    [`listener.name.${LISTENERS.mutualTls.name.toLowerCase()}.ssl.client.auth`]: "required",
    "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
    "super.users": `User:ANONYMOUS;User:${user.username};User:CN=client`,
  };
}

function randomPassword(): string {
  return randomBytes(16).toString("hex");
}
