import { randomBytes } from "node:crypto";
import { createConnection } from "mysql2/promise";
import type { Connection, ConnectionOptions } from "mysql2/promise";
import { testServerUrl } from "./servers.ts";

/** A schema of its own on one of the test servers, dropped at the end of its scope. */
export interface TestDatabase extends AsyncDisposable {
  /** The schema's name, unique. */
  readonly name: string;
  /** The server with an administrator's account: `mysql://root@host:port/`. */
  readonly url: URL;
  /** An administrator's connection with the schema as default. */
  readonly connection: Connection;
  /** Runs SQL (several statements at once are fine) and returns the rows of a single query. */
  query<Row = Record<string, unknown>>(sql: string, values?: readonly unknown[]): Promise<Row[]>;
}

/** How the tests talk to a server: nothing rounded, temporal values as the server writes them. */
export function connectionOptions(url: URL): ConnectionOptions {
  return {
    host: url.hostname,
    port: Number(url.port || 3306),
    user: decodeURIComponent(url.username || "root"),
    password: decodeURIComponent(url.password),
    charset: "utf8mb4",
    supportBigNumbers: true,
    bigNumberStrings: true,
    dateStrings: true,
    multipleStatements: true,
  };
}

/** Creates a schema (utf8mb4) with a unique name on a test server, or on the server of that URL; `await using` drops it. */
export async function openTestDatabase(
  server: "mysql" | "mariadb" | URL = "mysql",
): Promise<TestDatabase> {
  const url = server instanceof URL ? server : testServerUrl(server);
  const name = `t_${randomBytes(6).toString("hex")}`;
  const connection = await createConnection(connectionOptions(url));
  await connection.query(`CREATE DATABASE ${name} CHARACTER SET utf8mb4; USE ${name}`);
  return {
    name,
    url,
    connection,
    query: async <Row>(sql: string, values: readonly unknown[] = []) => {
      const [rows] = await connection.query(sql, [...values]);
      return rows as Row[];
    },
    [Symbol.asyncDispose]: async () => {
      connection.destroy();
      // A connection of its own: the test may have broken the other one, or left a transaction open.
      const cleaner = await createConnection(connectionOptions(url));
      try {
        await cleaner.query(`DROP DATABASE IF EXISTS ${name}`);
      } finally {
        await cleaner.end();
      }
    },
  };
}
