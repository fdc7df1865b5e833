/** Certificates and keys as PEM text. */
export interface KafkaTls {
  /** Certificates to trust instead of the system's. */
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  /** Accept any certificate. Default false. */
  readonly insecure?: boolean | undefined;
  /** Compare the broker's host with the certificate's names. Default true. */
  readonly verifyHost?: boolean | undefined;
}

/** How to prove who we are. */
export type KafkaSasl =
  | {
      readonly mechanism: "plain" | "scram-sha-256" | "scram-sha-512";
      readonly username: string;
      readonly password: string;
    }
  | { readonly mechanism: "oauthbearer"; readonly provider: TokenProvider };

/** Where a bearer token comes from: it is known, or an endpoint gives one for credentials (RFC 6749, 4.4). */
export type TokenProvider =
  | { readonly kind: "token"; readonly token: string }
  | {
      readonly kind: "endpoint";
      readonly url: string;
      readonly clientId: string;
      readonly clientSecret: string;
      readonly scope?: string | undefined;
    };

/** Where a Kafka cluster is and who we are. */
export interface KafkaOptions {
  /** `host:port` of some brokers; the rest is found through them. */
  readonly brokers: readonly string[];
  /** How brokers name us in logs and quotas. Default `tailrace`. */
  readonly clientId?: string | undefined;
  readonly tls?: KafkaTls | undefined;
  readonly sasl?: KafkaSasl | undefined;
  /** TCP, TLS and authentication together. Default 10,000. */
  readonly connectTimeoutMs?: number | undefined;
  /** An answer that takes longer ends the connection. Default 30,000. */
  readonly requestTimeoutMs?: number | undefined;
}

/** A broker's listener. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** Reads `host:port`, `[ipv6]:port` or `host` (port 9092). */
export function parseEndpoint(text: string): Endpoint {
  const match = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(text.trim());
  if (match === null) return { host: text, port: 9092 };
  return { host: match[1] ?? match[2] ?? text, port: Number(match[3] ?? 9092) };
}
