import { z } from "zod";
import { pemKey, tlsKeys } from "./schema-tls.ts";
import { durationKey, textKey, timeKey } from "./schema-values.ts";

const START_FORMS =
  'must be "earliest", "latest", { file = "binlog.000042", position = 4 }, { gtid_set = "…" } or { timestamp = … }';

const start = z
  .union(
    [
      z.enum(["earliest", "latest"]),
      z.strictObject({ file: textKey(), position: z.int().min(4) }),
      z.strictObject({ gtid_set: z.string() }),
      z.strictObject({ timestamp: timeKey() }),
    ],
    { error: START_FORMS },
  )
  .meta({ title: "start point" });

/** `[source]` with `type = "mysql"`. */
export const mysqlSource = z.strictObject({
  type: z.literal("mysql").prefault("mysql").meta({ description: "MySQL or MariaDB." }),
  url: textKey()
    .optional()
    .meta({
      title: "URL",
      description:
        "`mysql://user:password@host:port`, in place of the four keys that follow. A secret put in by reference needs no percent-encoding.",
      examples: ["mysql://sync:${env:MYSQL_PASSWORD}@127.0.0.1:3306"],
    }),
  host: textKey()
    .optional()
    .meta({ description: "Host name or address.", examples: ["127.0.0.1"] }),
  port: z
    .int()
    .min(1)
    .max(65_535)
    .optional()
    .meta({ description: "Port; 3306 when absent.", examples: [3306] }),
  user: textKey()
    .optional()
    .meta({ description: "User with the grants that `check` names.", examples: ["sync"] }),
  password: z
    .string()
    .optional()
    .meta({
      description: "Its password; may also stand beside `url`.",
      examples: ["${file:/run/secrets/mysql}"],
    }),
  start: start.optional().meta({
    description:
      'Where to begin when there is no checkpoint: `"earliest"` (the oldest event the server has), `"latest"`, `{ file = "binlog.000042", position = 157 }` `{ gtid_set = "…" }`, or `{ timestamp = 2026-11-23T10:00:00Z }`, less a margin. Absent: the end of the log, and what is there is loaded ([load]). Ignored once there is a checkpoint.',
    examples: ["earliest", { file: "binlog.000042", position: 4 }],
  }),
  server_id: z
    .int()
    .min(1)
    .max(4_294_967_295)
    .optional()
    .meta({
      description:
        "Our id as a replica, which no other replica of the server may have. Absent: derived from the pipeline's name and the host's, above 3,000,000,000.",
      examples: [3_000_000_001],
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
      ...tlsKeys,
      cert: pemKey("Our certificate.", "client.pem"),
      key: pemKey("Its private key.", "client.key"),
      verify_host: z.boolean().prefault(true).meta({
        description:
          "Compare the host with the certificate's names. `false` for certificates that the server made for itself, which name no host; give its `ca`.",
      }),
    })
    .optional()
    .meta({ description: "Encrypt the connection and verify the server; `tls = {}` is enough." }),
});
