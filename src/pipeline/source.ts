import type { MysqlConnectionConfig } from "../config/config.ts";
import type { SourcePosition } from "../core/checkpoint.ts";
import { systemClock } from "../core/clock.ts";
import { TailraceError } from "../core/errors.ts";
import { type Connection, type ConnectionOptions, openConnection } from "../mysql/connection.ts";
import {
  describeServer,
  listBinlogFiles,
  readGtidAt,
  readCollations,
  type ServerCollation,
  readLogEnd,
  readPurgedGtids,
  type ServerDescription,
} from "../mysql/server.ts";
import type { SourceState } from "./start.ts";

/** Our queries are short, and a lock is waited for in steps of 5 s: a longer silence is a dead connection. */
const QUERY_TIMEOUT_MS = 15_000;

/** How to connect to the configured source. */
export function connectionOptions(source: MysqlConnectionConfig): ConnectionOptions {
  const { host, port, user, password, tls, connectTimeoutMs } = source;
  return { host, port, user, password, tls, connectTimeoutMs, queryTimeoutMs: QUERY_TIMEOUT_MS };
}

/**
 * The source's query connection: opened when first needed, opened anew after it was lost. Queries run one after another.
 */
export class SourceQueries implements AsyncDisposable {
  readonly #options: ConnectionOptions;
  #connection: Promise<Connection> | null = null;

  constructor(options: ConnectionOptions) {
    this.#options = options;
  }

  /**
   * Runs queries; on a lost connection once more on a new one. Throws SOURCE_*.
   */
  async run<T>(queries: (connection: Connection) => Promise<T>): Promise<T> {
    try {
      return await this.#runOnce(queries);
    } catch (error) {
      if (!(error instanceof TailraceError) || error.disposition !== "retry") throw error;
      await this.#drop();
      await systemClock.sleep(50);
      return this.#runOnce(queries);
    }
  }

  async #runOnce<T>(queries: (connection: Connection) => Promise<T>): Promise<T> {
    this.#connection ??= openConnection(this.#options);
    try {
      return await queries(await this.#connection);
    } catch (error) {
      if (!(error instanceof TailraceError) || error.disposition === "retry") await this.#drop();
      throw error;
    }
  }

  async #drop(): Promise<void> {
    const connection = this.#connection;
    this.#connection = null;
    await connection?.then(
      (open) => open.destroy(),
      () => undefined,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#drop();
  }
}

/** A server and where its log stands. */
export interface DescribedSource {
  readonly server: ServerDescription;
  readonly state: SourceState;
  readonly collations: ReadonlyMap<number, ServerCollation>;
}

/** Asks for all that a start depends on; `place` is the file and position that it may begin at. Throws SOURCE_*. */
export async function describeSource(
  connection: Connection,
  place: Pick<SourcePosition, "file" | "position"> | null,
): Promise<DescribedSource> {
  const server = await describeServer(connection);
  const files = await listBinlogFiles(connection);
  const end = await readLogEnd(connection, server);
  const purged = await readPurgedGtids(connection, server, files[0]?.name);
  const asksPlace = server.flavor === "mariadb" && place !== null && place.file !== "";
  return {
    server,
    collations: await readCollations(connection, server),
    state: {
      flavor: server.flavor,
      serverUuid: server.serverUuid,
      hasGtids: server.hasGtids,
      gtidExecuted: end.gtidSet ?? null,
      gtidPurged: purged ?? null,
      gtidAtPlace: asksPlace ? await readGtidAt(connection, place.file, place.position) : null,
      binlogFiles: files.map((file) => file.name),
      current: { file: end.file, position: end.position },
    },
  };
}
