import { z } from "zod";
import { pemKey, tlsKeys } from "./schema-tls.ts";
import { durationKey, textKey } from "./schema-values.ts";

/** The keys of every table that says how to connect to a Kafka cluster. */
export const kafkaConnectionKeys = {
  brokers: z
    .array(textKey().meta({ title: "broker" }))
    .min(1, { error: "must name at least one broker" })
    .meta({
      description:
        "`host:port` of some brokers, port 9092 when absent; the rest is found through them. Several may stand in one string, with commas.",
      examples: [["kafka-1:9092", "kafka-2:9092"]],
    }),
  connect_timeout: durationKey({ minMs: 100, maxMs: 600_000 })
    .prefault("10s")
    .meta({ description: "How long a connection attempt may take." }),
  request_timeout: durationKey({ minMs: 1_000, maxMs: 600_000 })
    .prefault("30s")
    .meta({ description: "How long an answer may take before the connection is replaced." }),
  tls: z
    .strictObject({
      ...tlsKeys,
      cert: pemKey("Our certificate.", "client.pem"),
      key: pemKey("Its private key.", "client.key"),
      verify_host: z.boolean().prefault(true).meta({
        description: "Compare each broker's host with its certificate's names.",
      }),
    })
    .optional()
    .meta({ description: "Encrypt the connections and verify the brokers; `tls = {}` is enough." }),
  sasl: z
    .strictObject({
      mechanism: z.enum(["plain", "scram-sha-256", "scram-sha-512", "oauthbearer"]).meta({
        description:
          "How we say who we are: with `username` and `password`, or for `oauthbearer` with a token.",
        examples: ["scram-sha-512"],
      }),
      username: textKey()
        .optional()
        .meta({ description: "The user.", examples: ["tailrace"] }),
      password: textKey()
        .optional()
        .meta({ description: "Its password.", examples: ["${env:KAFKA_PASSWORD}"] }),
      token: textKey()
        .optional()
        .meta({
          description: "`oauthbearer`: the token itself.",
          examples: ["${file:/run/secrets/kafka-token}"],
        }),
      token_url: textKey()
        .optional()
        .meta({
          title: "URL",
          description:
            "`oauthbearer`: the endpoint that gives tokens for `client_id` and `client_secret` (RFC 6749, client credentials).",
          examples: ["https://id.example.com/oauth2/token"],
        }),
      client_id: textKey()
        .optional()
        .meta({ description: "Our id there.", examples: ["tailrace"] }),
      client_secret: textKey()
        .optional()
        .meta({ description: "Our secret there.", examples: ["${env:KAFKA_CLIENT_SECRET}"] }),
      scope: textKey()
        .optional()
        .meta({ description: "The scope asked for there.", examples: ["kafka"] }),
    })
    .optional()
    .meta({ description: "How to authenticate." }),
} as const;
