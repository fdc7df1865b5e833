import { readFile } from "node:fs/promises";
import { createConnection, type Connection } from "mysql2/promise";
import type { RowDataPacket } from "mysql2";
import { processCpuUs } from "./process-usage.ts";

/** The server that benchmarks read, with an administrator's account. */
export interface MysqlServer extends AsyncDisposable {
  /** `mysql://user:password@host:port/`. */
  readonly url: string;
  readonly version: string;
  readonly connection: Connection;
  /** Rows of one statement. */
  query<Row = Record<string, unknown>>(sql: string): Promise<Row[]>;
}

/** A place in the binary log. */
export interface LogPlace {
  readonly file: string;
  readonly position: number;
}

/** The database that benchmarks keep their tables in. */
export const BENCH_DATABASE = "tailrace_bench";

/** Where a URL leads and as whom. */
export interface MysqlEndpoint {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
}

/** Takes a URL apart; mysql2 and tailrace know the parts by the same names. */
export function mysqlEndpoint(url: string): MysqlEndpoint {
  const { hostname, port, username, password } = new URL(url);
  return {
    host: hostname,
    port: Number(port || 3306),
    user: decodeURIComponent(username || "root"),
    password: decodeURIComponent(password),
  };
}

/** Connects to a running server and makes sure that its log has what the benchmarks need. Throws saying which setting is missing. */
export async function connectMysql(url: string): Promise<MysqlServer> {
  const connection = await createConnection({
    ...mysqlEndpoint(url),
    multipleStatements: true,
    timezone: "Z",
  });
  try {
    const query = async <Row>(sql: string): Promise<Row[]> => {
      const [rows] = await connection.query<RowDataPacket[]>(sql);
      return rows as unknown as Row[];
    };
    const [server] = await query<Record<string, unknown>>(
      "SELECT @@version version, @@binlog_format format, @@binlog_row_image image, @@binlog_row_metadata metadata",
    );
    if (server?.["format"] !== "ROW" || server["image"] !== "FULL" || server["metadata"] !== "FULL")
      throw new Error(
        "The benchmarks need a server with binlog_format=ROW, binlog_row_image=FULL and binlog_row_metadata=FULL.",
      );
    await connection.query(
      `CREATE DATABASE IF NOT EXISTS ${BENCH_DATABASE}; USE ${BENCH_DATABASE}; SET time_zone = '+00:00'`,
    );
    return {
      url,
      version: String(server["version"]),
      connection,
      query,
      [Symbol.asyncDispose]: async () => connection.end(),
    };
  } catch (error) {
    connection.destroy();
    throw error;
  }
}

/** The end of the server's binary log at this moment. */
export async function currentPlace(server: MysqlServer): Promise<LogPlace> {
  const [row] = await server
    .query("SHOW BINARY LOG STATUS")
    .catch(() => server.query("SHOW MASTER STATUS"));
  if (row === undefined) throw new Error("The server writes no binary log.");
  return { file: String(row["File"]), position: Number(row["Position"]) };
}

/** CPU time of the server's process so far, µs; null where it does not run on this machine. */
export async function mysqlCpuUs(server: MysqlServer): Promise<number | null> {
  const [row] = await server.query("SELECT @@pid_file pidFile");
  const pid = await readFile(String(row?.["pidFile"]), "utf8").catch(() => null);
  return pid === null ? null : processCpuUs(Number(pid));
}
