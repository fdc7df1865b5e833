import { z } from "zod";
import { mysqlServer } from "./schema-mysql-server.ts";
import { durationKey, sizeKey } from "./schema-values.ts";

/** `[load]`: how tables are loaded. */
export const load = z
  .strictObject({
    mode: z
      .enum(["initial", "never"])
      .optional()
      .meta({
        description:
          '`"initial"`: rows that are there already are loaded beside the stream, table by table, where that has not been done. `"never"`: only `tailrace load` does it. Absent: `"initial"` for a MySQL source without `start`, else `"never"`.',
        examples: ["initial"],
      }),
    replica: mysqlServer.optional().meta({
      description:
        "Read rows there, a replica of the source, instead of at the source: `mysql://user:password@host:port`, or a table with the keys of a MySQL source's address.",
      examples: ["mysql://sync:${env:MYSQL_PASSWORD}@replica:3306"],
    }),
    connections: z.int().min(1).max(64).prefault(4).meta({
      description: "Connections that read rows at the same time, of all tables together.",
    }),
    max_rows_per_second: z
      .int()
      .min(1)
      .optional()
      .meta({
        description: "Rows read in a second at most, of all tables together. Absent: no limit.",
        examples: [20_000],
      }),
    chunk_size: sizeKey({ minBytes: 4096, maxBytes: 64 * 1024 * 1024 })
      .prefault("1MiB")
      .meta({
        description:
          "Size of a chunk, of which each connection holds one or two; how many rows that are is found out.",
      }),
    pause_while_lagging: z
      .strictObject({
        replica: mysqlServer.meta({
          description: "The replica, as a URL or a table.",
          examples: ["mysql://monitor:${env:MYSQL_PASSWORD}@replica:3306"],
        }),
        max_lag: durationKey({ minMs: 0, maxMs: 86_400_000 }).prefault("5s").meta({
          description: "Loading pauses while the replica is further behind.",
        }),
      })
      .optional()
      .meta({ description: "Spares a replica of the source that must keep up." }),
    relax_index: z.boolean().prefault(false).meta({
      description:
        "No refreshes and no replicas of an index that the load itself creates, until it is loaded; then as configured in Elasticsearch.",
    }),
  })
  .prefault({})
  .meta({ description: "How rows that are there already are loaded." });

/** `[verify]`: how documents are compared with their rows. */
export const verify = z
  .strictObject({
    continuous: z
      .string()
      .regex(/^[1-9]\d{0,6} ?rows\/s$/, { error: 'must be a rate such as "500 rows/s"' })
      .optional()
      .meta({
        description:
          "Compare all documents with their rows, over and over, at this rate while the pipeline runs. Absent: only `tailrace verify` does it.",
        examples: ["500 rows/s"],
      }),
    settle_timeout: durationKey({ minMs: 100, maxMs: 3_600_000 }).prefault("60s").meta({
      description:
        "A difference counts only when the stream has passed what the row's server had logged. Longer than this it is not waited for; the document is then reported as not settled.",
    }),
  })
  .prefault({})
  .meta({ description: "How documents are compared with their rows." });
