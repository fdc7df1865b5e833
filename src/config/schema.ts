import { z } from "zod";
import { ruleSchema } from "./schema-rule.ts";
import { durationKey, indexKey, sizeKey, textKey } from "./schema-values.ts";

const START_FORMS =
  'must be "earliest", "latest", { file = "binlog.000042", position = 4 } or { gtid_set = "…" }';

const pem = () => textKey().meta({ title: "PEM" });

const insecure = z.boolean().prefault(false).meta({
  description: "Accept any certificate. Encrypted, but open to whoever stands in between.",
});

const start = z
  .union(
    [
      z.enum(["earliest", "latest"]),
      z.strictObject({ file: textKey(), position: z.int().min(4) }),
      z.strictObject({ gtid_set: z.string() }),
    ],
    { error: START_FORMS },
  )
  .meta({ title: "start" });

const mysqlSource = z.strictObject({
  type: z.literal("mysql").prefault("mysql").meta({ description: "MySQL or MariaDB." }),
  url: textKey()
    .optional()
    .meta({
      title: "URL",
      description:
        "`mysql://user:password@host:port`, in place of the four keys that follow. A secret put in by reference needs no percent-encoding.",
      examples: ["mysql://sync:${env:MYSQL_PASSWORD}@127.0.0.1:3306"],
    }),
  host: textKey().optional().meta({ description: "Host name or address." }),
  port: z.int().min(1).max(65_535).optional().meta({ description: "Port; 3306 when absent." }),
  user: textKey().optional().meta({ description: "User with the grants that `check` names." }),
  password: z
    .string()
    .optional()
    .meta({ description: "Its password; may also stand beside `url`." }),
  start: start.optional().meta({
    description:
      'Where to begin when there is no checkpoint: `"earliest"` (the oldest event the server has), `"latest"`, a binlog position or a GTID set. Ignored once there is a checkpoint.',
    examples: ["earliest", { file: "binlog.000042", position: 4 }],
  }),
  server_id: z.int().min(1).max(4_294_967_295).optional().meta({
    description:
      "Our id as a replica, which no other replica of the server may have. Absent: derived from the pipeline's name and the host's, above 3,000,000,000.",
  }),
  gtid: z
    .union([z.literal("auto"), z.boolean()], { error: 'must be "auto", true or false' })
    .prefault("auto")
    .meta({
      description:
        "Resume by GTID, which survives a failover: when the server has GTIDs (`auto`), always (`true`: an error without) or never.",
    }),
  heartbeat_interval: durationKey({ minMs: 100, maxMs: 3_600_000 }).prefault("5s").meta({
    description:
      "How often an idle server says that it is there. After three without a sign the connection is replaced.",
  }),
  connect_timeout: durationKey({ minMs: 100, maxMs: 600_000 })
    .prefault("10s")
    .meta({ description: "How long a connection attempt may take." }),
  tls: z
    .strictObject({
      ca: pem().optional().meta({
        description:
          "Certificates to trust instead of the system's: PEM or the path of a PEM file.",
      }),
      cert: pem().optional().meta({ description: "Our certificate: PEM or path." }),
      key: pem().optional().meta({ description: "Its private key: PEM or path." }),
      insecure,
      verify_host: z.boolean().prefault(true).meta({
        description:
          "Compare the host with the certificate's names. `false` for certificates that the server made for itself, which name no host; give its `ca`.",
      }),
    })
    .optional()
    .meta({ description: "Encrypt the connection and verify the server; `tls = {}` is enough." }),
});

const elasticsearchSink = z.strictObject({
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
  username: textKey().optional().meta({ description: "User for basic authentication." }),
  password: z.string().optional().meta({ description: "Its password." }),
  api_key: textKey().optional().meta({ description: "API key as Elasticsearch encodes it." }),
  bearer_token: textKey().optional().meta({ description: "Bearer token." }),
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
      ca: pem().optional().meta({
        description:
          "Certificates to trust instead of the system's: PEM or the path of a PEM file.",
      }),
      insecure,
    })
    .optional()
    .meta({ description: "How to verify `https` hosts." }),
});

const folder = (description: string) =>
  textKey().prefault(".tailrace").meta({ title: "path", description });

const state = z
  .discriminatedUnion("type", [
    z.strictObject({
      type: z.literal("file").prefault("file").meta({ description: "A folder on this machine." }),
      path: folder("Folder; relative to the configuration file."),
    }),
    z.strictObject({
      type: z.literal("elasticsearch").meta({ description: "An index of the sink's cluster." }),
      index: indexKey().prefault("tailrace-state").meta({ description: "The index." }),
    }),
  ])
  .prefault({ type: "file" })
  .meta({ description: "Where the checkpoint is kept." });

const deadLetters = z
  .discriminatedUnion("type", [
    z.strictObject({
      type: z.literal("file").prefault("file").meta({ description: "A folder on this machine." }),
      path: folder("Folder; relative to the configuration file."),
    }),
    z.strictObject({
      type: z.literal("elasticsearch").meta({ description: "An index of the sink's cluster." }),
      index: indexKey().prefault("tailrace-dead-letters").meta({ description: "The index." }),
    }),
  ])
  .optional()
  .meta({
    description:
      "Where documents go that Elasticsearch refuses for good, and records of rows that the log could not deliver. Absent: beside the checkpoint.",
  });

const log = z
  .strictObject({
    level: z.enum(["debug", "info", "warn", "error"]).prefault("info").meta({
      description: "The least severe messages written.",
    }),
    format: z.enum(["json", "pretty"]).optional().meta({
      description:
        "JSON or one readable line per message. Absent: readable on a terminal, JSON otherwise.",
    }),
  })
  .prefault({})
  .meta({ description: "What is logged, to standard error." });

/** The sections of a configuration file in their order there; unknown keys are problems everywhere. */
export const configSchema = z
  .strictObject({
    name: z
      .string()
      .regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, {
        error: "must be 1 to 64 lower-case letters, digits, dots, hyphens or underscores",
      })
      .meta({
        description:
          "The pipeline's name: it names the checkpoint, and the default server id is derived from it.",
        examples: ["shop"],
      }),
    drain_timeout: durationKey({ minMs: 0, maxMs: 600_000 })
      .prefault("25s")
      .meta({ description: "How long a stop may take to finish what is in flight." }),
    source: z
      .discriminatedUnion("type", [mysqlSource])
      .meta({ description: "The MySQL or MariaDB server that is read." }),
    sink: z
      .discriminatedUnion("type", [elasticsearchSink])
      .meta({ description: "The Elasticsearch or OpenSearch cluster that is written." }),
    state,
    dead_letters: deadLetters,
    log,
    rules: z.array(ruleSchema).min(1, { error: "must have at least one rule" }).meta({
      description: "One table, or pattern of tables, each. No table may have two rules.",
    }),
  })
  .meta({ title: "tailrace configuration" });

/** A configuration file's content, checked, defaults filled in, quantities as numbers. */
export type ConfigDocument = z.output<typeof configSchema>;

/** What is written in a configuration file. */
export type ConfigInput = z.input<typeof configSchema>;
