import { z } from "zod";
import { pemKey, tlsKeys } from "./schema-tls.ts";
import { durationKey, textKey } from "./schema-values.ts";

/** Another MySQL server than the source: a URL, or a table with the keys of a MySQL source's address. */
export const mysqlServer = z
  .union(
    [
      textKey(),
      z.strictObject({
        url: textKey().optional(),
        host: textKey().optional(),
        port: z.int().min(1).max(65_535).optional(),
        user: textKey().optional(),
        password: z.string().optional(),
        connect_timeout: durationKey({ minMs: 100, maxMs: 600_000 }).prefault("10s"),
        tls: z
          .strictObject({
            ...tlsKeys,
            cert: pemKey("Our certificate.", "client.pem"),
            key: pemKey("Its private key.", "client.key"),
            verify_host: z.boolean().prefault(true),
          })
          .optional(),
      }),
    ],
    { error: "must be a URL, or a table with url, or with host, port, user and password" },
  )
  .meta({ title: "URL or table" });

/** What stands there. */
export type MysqlServerDocument = z.output<typeof mysqlServer>;
