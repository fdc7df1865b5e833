import { setTimeout as sleep } from "node:timers/promises";
import {
  createConnection,
  type Connection,
  type ResultSetHeader,
  type RowDataPacket,
} from "mysql2/promise";
import { DATABASE } from "./tables.ts";

/** How a change ended: rows affected, or the code of the error that it met. */
export type Outcome =
  | { readonly kind: "done"; readonly rows: number }
  | { readonly kind: "failed"; readonly code: string };

/** What statements may meet: others change the same rows and tables, and servers come and go. */
const EXPECTED_ERRORS: ReadonlySet<string> = new Set([
  "ER_DUP_ENTRY",
  "ER_LOCK_DEADLOCK",
  "ER_LOCK_WAIT_TIMEOUT",
  "ER_NO_SUCH_TABLE",
  "ER_BAD_FIELD_ERROR",
  "ER_DUP_FIELDNAME",
  "ER_CANT_DROP_FIELD_OR_KEY",
  "ER_TABLE_DEF_CHANGED",
  "ER_NO_REFERENCED_ROW_2",
  "ER_ROW_IS_REFERENCED_2",
  "ER_XA_RBDEADLOCK",
  "ER_XA_RBTIMEOUT",
  "ER_XA_RBROLLBACK",
  "ER_XAER_NOTA",
  "ER_SERVER_SHUTDOWN",
  "ER_QUERY_INTERRUPTED",
  "PROTOCOL_CONNECTION_LOST",
  "PROTOCOL_SEQUENCE_TIMEOUT",
  "ECONNREFUSED",
  "ECONNRESET",
  "EPIPE",
]);

const RECONNECT_MS = 200;

/** One connection of the workload, opened again whenever it is lost. */
export class Session {
  readonly #url: URL;
  readonly #signal: AbortSignal;
  #connection: Connection | null = null;
  #settings: readonly string[] = [];
  /** XA transactions whose end this session has not seen. */
  #openXa: readonly string[] = [];

  constructor(url: URL, signal: AbortSignal) {
    this.#url = url;
    this.#signal = signal;
  }

  /** Statements that every connection of the session begins with from now on. */
  async configure(settings: readonly string[]): Promise<Outcome> {
    this.#settings = settings;
    return await this.run(settings);
  }

  /**
   * Runs the statements in order up to the first error. After one, whatever was open is rolled back, but for a prepared XA transaction, which the next run
   * ends first. Throws for an error that no workload should meet.
   */
  async run(statements: readonly string[]): Promise<Outcome> {
    let rows = 0;
    try {
      const connection = await this.#connected();
      if (connection === null) return { kind: "failed", code: "STOPPED" };
      this.#openXa = [...this.#openXa, ...xaNames(statements)];
      for (const statement of statements) {
        const [result] = await connection.query<ResultSetHeader>(statement);
        rows += result.affectedRows ?? 0;
      }
      this.#openXa = [];
      return { kind: "done", rows };
    } catch (error) {
      this.close();
      const { code = "", message } = error as { code?: string; message?: string };
      if (!EXPECTED_ERRORS.has(code) && !isLost(message ?? "")) {
        throw new Error(
          `The workload's statements ${JSON.stringify(statements).slice(0, 1000)} failed: ${code} ${message}`,
          { cause: error },
        );
      }
      return { kind: "failed", code: code || "connection lost" };
    }
  }

  /** Rows of a query; null when the server cannot be asked now. */
  async query(sql: string): Promise<RowDataPacket[] | null> {
    try {
      const connection = await this.#connected();
      if (connection === null) return null;
      const [rows] = await connection.query<RowDataPacket[]>(sql);
      return rows;
    } catch {
      this.close();
      return null;
    }
  }

  /** Drops the connection: the server rolls back what is open. */
  close(): void {
    this.#connection?.destroy();
    this.#connection = null;
  }

  /** An open connection with the session's settings; waits for a server that is away. Null when the run is over. */
  async #connected(): Promise<Connection | null> {
    while (this.#connection === null) {
      if (this.#signal.aborted) return null;
      try {
        await this.#open();
      } catch {
        this.close();
        await sleep(RECONNECT_MS);
      }
    }
    return this.#connection;
  }

  async #open(): Promise<void> {
    const connection = await createConnection({
      host: this.#url.hostname,
      port: Number(this.#url.port),
      user: decodeURIComponent(this.#url.username),
      password: decodeURIComponent(this.#url.password),
      database: DATABASE,
      charset: "utf8mb4",
      connectTimeout: 5_000,
    });
    this.#connection = connection;
    // An idle connection that the server closes is opened again at its next use.
    connection.on("error", () => undefined);
    await connection.query(
      "SET SESSION innodb_lock_wait_timeout = 5, sql_mode = 'NO_ENGINE_SUBSTITUTION', time_zone = '+00:00'",
    );
    for (const name of this.#openXa) await endXa(connection, name);
    this.#openXa = [];
    for (const statement of this.#settings) await connection.query(statement);
  }
}

/** Ends a prepared XA transaction, if it is there: committed or not as its name says. */
async function endXa(connection: Connection, name: string): Promise<void> {
  const verb = Number(/\d/.exec(name)?.[0] ?? 0) % 2 === 0 ? "XA COMMIT" : "XA ROLLBACK";
  try {
    await connection.query(`${verb} ${name}`);
  } catch (error) {
    if ((error as { code?: string }).code !== "ER_XAER_NOTA") throw error;
  }
}

function xaNames(statements: readonly string[]): string[] {
  return statements.flatMap((statement) => /^XA START (.+)$/.exec(statement)?.[1] ?? []);
}

function isLost(message: string): boolean {
  return /connection is in closed state|Connection lost|shutdown|closed/i.test(message);
}
