import { connect, isIP, Socket, type NetConnectOpts } from "node:net";
import {
  createConnection,
  type Connection as DriverConnection,
  type Field,
  type QueryOptions,
  type RowDataPacket,
} from "mysql2";
import { TailraceError } from "../core/errors.ts";
import { exchangeOn, queryPacket, SILENCE } from "./exchange.ts";
import { translateMysqlError } from "./translate-error.ts";

/** How a MySQL connection is encrypted and verified. Certificates and keys as PEM text. */
export interface TlsOptions {
  /** Certificates to trust instead of the system's. */
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  /** Accept any certificate. Default false. */
  readonly insecure?: boolean | undefined;
  /**
   * Compare the host with the certificate's names. Default true; false is MySQL's VERIFY_CA, for certificates that the server made for
   * itself, which name no host.
   */
  readonly verifyHost?: boolean | undefined;
}

/** Where a MySQL server is and who we are. */
export interface ConnectionOptions {
  /** Default 127.0.0.1. */
  readonly host?: string | undefined;
  /** Default 3306. */
  readonly port?: number | undefined;
  /** A Unix socket, instead of host and port. */
  readonly socketPath?: string | undefined;
  readonly user: string;
  readonly password?: string | undefined;
  readonly tls?: TlsOptions | undefined;
  /** Default 10,000 ms: TCP, TLS and authentication together. */
  readonly connectTimeoutMs?: number | undefined;
  /** A query that takes longer ends the connection. Default 60,000 ms. */
  readonly queryTimeoutMs?: number | undefined;
  /** Closes the connection when it aborts; what runs fails with SOURCE_UNREACHABLE. */
  readonly signal?: AbortSignal | undefined;
  /** How to connect the socket. Default `net.connect`. */
  readonly connectSocket?: ((options: NetConnectOpts) => Socket) | undefined;
}

/** One row of a metadata query: every value as text, by column name. */
export type TextRow = Readonly<Record<string, string | null>>;

/** One row as the server sent it: the text protocol's bytes of each column, null for NULL. */
export type RawRow = readonly (Buffer | null)[];

/** What a session of ours always looks like: every value prints in one way, whatever the server's defaults are. */
const SESSION_STATEMENTS: readonly string[] = [
  // ALLOW_INVALID_DATES lets a key such as '2021-02-31', which an application stored, be compared with.
  "SET NAMES utf8mb4, time_zone = '+00:00', sql_mode = 'ALLOW_INVALID_DATES', " +
    "autocommit = 1, lock_wait_timeout = 5, innodb_lock_wait_timeout = 5, " +
    // What keeps careless clients from large answers would leave rows out of ours without a word.
    "sql_select_limit = 18446744073709551615, sql_big_selects = 1, completion_type = 0 " +
    // A primary key that the server made itself is in the log, so we want to see it.
    "/*!80030 , show_gipk_in_create_table_and_information_schema = ON */",
  // Re-reads lock the row alone, not the gaps beside it.
  "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
];

/** Reads `mysql://user:password@host:port`. Throws CONFIG_INVALID without repeating the text, which holds a password. */
export function parseConnectionUrl(url: string): ConnectionOptions {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || !/^(?:mysql|mariadb):$/.test(parsed.protocol)) {
    throw new TailraceError(
      "CONFIG_INVALID",
      "a MySQL URL looks like mysql://user:password@host:port",
    );
  }
  return {
    host: decodeURIComponent(parsed.hostname).replace(/^\[(.*)\]$/, "$1") || undefined,
    port: parsed.port === "" ? undefined : Number(parsed.port),
    user: decodeURIComponent(parsed.username),
    password: decodeURIComponent(parsed.password),
  };
}

/** A time-out after the connection stood says something else than one before. */
function explain(error: NodeJS.ErrnoException, isConnected: boolean): Error {
  if (!isConnected || error.code !== "ETIMEDOUT") return error;
  return new Error("connected, and no MySQL server answered in time; is it the right port?", {
    cause: error,
  });
}

/**
 * Opens a connection in which every session setting that changes how values print is fixed. Throws SOURCE_UNREACHABLE,
 * SOURCE_ACCESS_DENIED or SOURCE_TLS_FAILED.
 */
export async function openConnection(options: ConnectionOptions): Promise<Connection> {
  const host = options.host ?? "127.0.0.1";
  const port = options.port ?? 3306;
  const name = `MySQL at ${options.socketPath ?? `${host}:${port}`}`;
  const what = `connect to ${name}`;
  const tls = options.tls;
  let driver: DriverConnection;
  let socket: Socket | undefined;
  try {
    driver = createConnection({
      host,
      port,
      user: options.user,
      password: options.password ?? "",
      charset: "UTF8MB4_GENERAL_CI",
      connectTimeout: options.connectTimeoutMs ?? 10_000,
      // LOCAL INFILE would let a server ask for our files.
      // Without query attributes a COM_QUERY is the statement alone, see Connection.exchange.
      flags: ["-LOCAL_FILES", "-CLIENT_QUERY_ATTRIBUTES"],
      connectAttributes: { program_name: "tailrace" },
      ...(tls !== undefined && {
        ssl: {
          ...(tls.ca !== undefined && { ca: tls.ca }),
          ...(tls.cert !== undefined && { cert: tls.cert }),
          ...(tls.key !== undefined && { key: tls.key }),
          rejectUnauthorized: tls.insecure !== true,
          verifyIdentity: tls.insecure !== true && tls.verifyHost !== false,
        },
      }),
      ...(options.socketPath !== undefined && { socketPath: options.socketPath }),
      stream: () => (socket = openSocket(options, host, port)),
    });
  } catch (error) {
    throw translateMysqlError(error, what);
  }
  // After the first error, which the callback reports, more may follow.
  driver.on("error", () => undefined);
  const connection = new Connection(driver, name, options.queryTimeoutMs ?? 60_000);
  let isConnected = false;
  socket?.once("connect", () => (isConnected = true));
  const { signal } = options;
  const abort = (): void => connection.destroy();
  signal?.addEventListener("abort", abort, { once: true });
  socket?.once("close", () => signal?.removeEventListener("abort", abort));
  try {
    signal?.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      driver.connect((error) =>
        error === null ? resolve() : reject(translateMysqlError(explain(error, isConnected), what)),
      );
    });
    await connection.prepare();
  } catch (error) {
    connection.destroy();
    throw translateMysqlError(error, what);
  }
  return connection;
}

function openSocket(options: ConnectionOptions, host: string, port: number): Socket {
  const { socketPath, connectSocket = connect } = options;
  const socket = connectSocket(socketPath === undefined ? { host, port } : { path: socketPath });
  socket.setNoDelay(true);
  socket.setKeepAlive(true, 30_000);
  // Node compares a certificate with this name when TLS starts on a socket that is connected already, and sets it for host names only:
  // for an address it would compare with "localhost".
  if (isIP(host) !== 0) Object.assign(socket, { _host: host });
  return socket;
}

/** A connection for queries; they run one after another. Every method throws SOURCE_* and nothing else. */
export class Connection implements AsyncDisposable {
  readonly #driver: DriverConnection;
  /** "MySQL at host:port", for messages. */
  readonly name: string;
  readonly #queryTimeoutMs: number;
  #version = "";

  /** Use {@link openConnection}. */
  constructor(driver: DriverConnection, name: string, queryTimeoutMs: number) {
    this.#driver = driver;
    this.name = name;
    this.#queryTimeoutMs = queryTimeoutMs;
  }

  /** `@@version`. */
  get version(): string {
    return this.#version;
  }

  /** Is it MariaDB rather than MySQL? */
  get isMariadb(): boolean {
    return this.#version.includes("MariaDB");
  }

  /** The server's `CONNECTION_ID()`. */
  get threadId(): number {
    return this.#driver.threadId;
  }

  /** Has it ended? */
  get isClosed(): boolean {
    return this.#socket.destroyed;
  }

  /** What {@link openConnection} does first. */
  async prepare(): Promise<void> {
    for (const statement of SESSION_STATEMENTS) await this.execute(statement);
    const [row] = await this.query("SELECT @@version version");
    this.#version = row?.["version"] ?? "";
  }

  /** Runs a metadata query; `?` in it stand for the values, escaped. Every value of the result is text. */
  query(sql: string, values: readonly (string | number)[] = []): Promise<readonly TextRow[]> {
    return this.#run({
      sql,
      values: [...values],
      typeCast: (field: Field) => field.string("utf8"),
    });
  }

  /** Runs a query and returns the bytes that the server sent; they are views of its packets. */
  queryRaw(sql: string): Promise<readonly RawRow[]> {
    return this.#run({ sql, typeCast: false, rowsAsArray: true });
  }

  /** Runs a statement that gives no rows. */
  async execute(sql: string): Promise<void> {
    await this.#run({ sql });
  }

  /**
   * Sends a query past the MySQL client and hands every piece of the answer to `take` as it arrives, until that returns true. The client has the socket back
   * then. Nothing else may be running. Silence for the query time-out throws SOURCE_STALLED; what `take` throws ends the connection and is thrown.
   */
  async exchange(sql: string, take: (bytes: Buffer) => boolean): Promise<void> {
    const socket = this.#socket;
    const error = await exchangeOn(socket, queryPacket(sql), {
      take,
      timeoutMs: this.#queryTimeoutMs,
    });
    if (error === null) return;
    this.destroy();
    if (error !== SILENCE) throw translateMysqlError(error, `query on ${this.name}`);
    const text = `${this.name}: no answer to a query for ${this.#queryTimeoutMs} ms`;
    throw new TailraceError("SOURCE_STALLED", text);
  }

  /** Closes the connection at once; what runs fails with SOURCE_UNREACHABLE. */
  destroy(): void {
    this.#socket.destroy();
  }

  /**
   * Takes the connection's socket away from the MySQL client, which never reads from it again: whoever calls this owns the socket, speaks
   * the protocol on it and closes it. Nothing may be running. Listen to `data` in the same tick.
   */
  takeSocket(): Socket {
    const socket = this.#socket;
    socket.removeAllListeners("data");
    return socket;
  }

  /** Says goodbye and closes; after a second without an answer it just closes. */
  async [Symbol.asyncDispose](): Promise<void> {
    const socket = this.#socket;
    if (socket.destroyed) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => socket.destroy(), 1_000);
      socket.once("close", () => {
        clearTimeout(timer);
        resolve();
      });
      this.#driver.end();
    });
  }

  /** The TCP or TLS socket that the client uses now. */
  get #socket(): Socket {
    const driver: object = this.#driver;
    if ("stream" in driver && driver.stream instanceof Socket) return driver.stream;
    throw new TailraceError("INVARIANT_BROKEN", "the MySQL client has no socket");
  }

  #run<Row extends TextRow | RawRow>(options: QueryOptions): Promise<Row[]> {
    return new Promise((resolve, reject) => {
      const timeout = this.#queryTimeoutMs;
      this.#driver.query<(RowDataPacket & Row)[]>({ ...options, timeout }, (error, rows) => {
        if (error === null) return resolve(rows);
        if (error.code === "PROTOCOL_SEQUENCE_TIMEOUT") {
          this.destroy();
          const text = `${this.name}: no answer to a query for ${timeout} ms`;
          return reject(new TailraceError("SOURCE_STALLED", text, { cause: error }));
        }
        reject(translateMysqlError(error, `query on ${this.name}`));
      });
    });
  }
}
