import { z } from "zod";
import { tlsKeys } from "./schema-tls.ts";
import { durationKey, sizeKey, textKey } from "./schema-values.ts";

/** `[sink]` with `type = "elasticsearch"`. */
export const elasticsearchSink = z.strictObject({
  type: z
    .literal("elasticsearch")
    .prefault("elasticsearch")
    .meta({ description: "Elasticsearch 7 to 9 or OpenSearch 1 to 3." }),
  hosts: z
    .array(textKey().meta({ title: "URL" }))
    .min(1, { error: "must name at least one host" })
    .meta({
      description: "URLs of the cluster's nodes; another one is used when one fails.",
      examples: [["https://es-1:9200", "https://es-2:9200"]],
    }),
  username: textKey()
    .optional()
    .meta({ description: "User for basic authentication.", examples: ["elastic"] }),
  password: z
    .string()
    .optional()
    .meta({ description: "Its password.", examples: ["${env:ELASTICSEARCH_PASSWORD}"] }),
  api_key: textKey()
    .optional()
    .meta({
      description: "API key as Elasticsearch encodes it: base64 of `id:key`.",
      examples: ["${env:ELASTICSEARCH_API_KEY}"],
    }),
  bearer_token: textKey()
    .optional()
    .meta({ description: "Bearer token.", examples: ["${file:/run/secrets/token}"] }),
  lanes: z.int().min(1).max(64).prefault(2).meta({
    description:
      "Bulk requests in flight at once. The changes of one document always take the same lane, in order.",
  }),
  max_actions: z.int().min(1).max(100_000).prefault(10_000).meta({
    description: "Most actions in one bulk request.",
  }),
  max_bytes: sizeKey({ minBytes: 16 * 1024, maxBytes: 100 * 1024 ** 2 })
    .prefault("2MiB")
    .meta({ description: "Largest bulk request; one larger document is sent alone." }),
  flush_interval: durationKey({ minMs: 1, maxMs: 60_000 }).prefault("200ms").meta({
    description:
      "Longest time that an action waits for a batch to fill. An idle lane sends at once, whatever this says.",
  }),
  request_timeout: durationKey({ minMs: 100, maxMs: 600_000 })
    .prefault("90s")
    .meta({ description: "How long an answer may take before the request is repeated." }),
  on_reject: z.enum(["dead_letter", "stop"]).prefault("dead_letter").meta({
    description:
      "When Elasticsearch refuses a document for good: store it as a dead letter and go on, or stop.",
  }),
  tls: z
    .strictObject({
      ...tlsKeys,
    })
    .optional()
    .meta({ description: "How to verify `https` hosts." }),
});
