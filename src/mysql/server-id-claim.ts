import type { Clock } from "../core/clock.ts";
import { TailraceError } from "../core/errors.ts";
import { openConnection, type Connection, type ConnectionOptions } from "./connection.ts";
import { REPLICA_HOST } from "./dump-packets.ts";
import { serverErrorNumber } from "./translate-error.ts";

/** How a server id is claimed. */
export interface ServerIdClaimOptions {
  readonly connection: ConnectionOptions;
  readonly serverId: number;
  readonly clock: Clock;
  /** The server ends a session of ours that is silent for this long, and the lock with it. Default 30 s; renewed three times as often. */
  readonly leaseS?: number;
  /** How long another holder is waited for; by default a little longer than the lease of one that vanished without a word. */
  readonly patienceS?: number;
}

/** No answer to a query for this long beyond what it may take. */
const QUERY_TIMEOUT_S = 30;

/**
 * Our exclusive right to a server id on one source: a user-level lock (`GET_LOCK`) in a session of its own, which an idle server drops at
 * once when our process dies, and after the lease when our machine does. A lock on the dump's own connection would not do: a dump thread
 * notices a dead replica only when it next writes to it.
 */
export class ServerIdClaim implements AsyncDisposable {
  readonly #connection: ConnectionOptions;
  readonly #serverId: number;
  readonly #clock: Clock;
  readonly #leaseS: number;
  readonly #patienceS: number;
  readonly #closed = new AbortController();
  #session: Connection | undefined;
  /** The server's id of our last session: it may outlive its connection. */
  #lastThreadId: number | undefined;
  /** Called when the lock is gone; a dump that runs has to end. */
  onLost: (() => void) | undefined;

  constructor({ connection, serverId, clock, leaseS = 30, patienceS }: ServerIdClaimOptions) {
    this.#leaseS = leaseS;
    this.#patienceS = patienceS ?? leaseS + 5;
    const queryTimeoutMs = 1_000 * (this.#patienceS + QUERY_TIMEOUT_S);
    this.#connection = { ...connection, queryTimeoutMs };
    this.#serverId = serverId;
    this.#clock = clock;
  }

  /**
   * Resolves when the server id is ours alone; at once when it is already. Throws SOURCE_SERVER_ID_TAKEN when another tailrace holds it
   * for longer than a dead one could, or another replica is registered with it.
   */
  async hold(): Promise<void> {
    if (this.#session !== undefined) return;
    const session = await openConnection(this.#connection);
    try {
      await this.#lock(session);
      await this.#refuseForeignReplica(session);
    } catch (error) {
      session.destroy();
      throw error;
    }
    this.#session = session;
    this.#lastThreadId = session.threadId;
    void this.#renew(session);
  }

  /** Gives the server id back. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort();
    const session = this.#session;
    this.#session = undefined;
    await session?.[Symbol.asyncDispose]();
  }

  async #lock(session: Connection): Promise<void> {
    const name = `tailrace/server-id/${this.#serverId}`;
    await session.execute(`SET SESSION wait_timeout = ${this.#leaseS}`);
    try {
      const holder = await lockHolder(session, name);
      // A connection of ours that broke, and whose session the server has not missed yet.
      if (holder !== undefined && holder === this.#lastThreadId) await kill(session, holder);
      const [row] = await session.query("SELECT GET_LOCK(?, ?) locked", [name, this.#patienceS]);
      if (row?.["locked"] === "1") return;
      throw this.#taken(`session ${(await lockHolder(session, name)) ?? "?"} of another tailrace`);
    } catch (error) {
      // Some clusters forbid GET_LOCK: then only the server's own check of replicas is left.
      if (serverErrorNumber(error) === undefined) throw error;
    }
  }

  async #refuseForeignReplica(session: Connection): Promise<void> {
    for (const replica of await listReplicas(session)) {
      if (replica.serverId === this.#serverId && replica.host !== REPLICA_HOST) {
        throw this.#taken(`replica ${JSON.stringify(replica.host)} ${replica.uuid ?? ""}`.trim());
      }
    }
  }

  async #renew(session: Connection): Promise<void> {
    try {
      for (;;) {
        await this.#clock.sleep((1_000 * this.#leaseS) / 3, this.#closed.signal);
        if (this.#closed.signal.aborted) return;
        await session.query("SELECT 1");
      }
    } catch {
      session.destroy();
      if (this.#closed.signal.aborted) return;
      this.#session = undefined;
      this.onLost?.();
    }
  }

  #taken(by: string): TailraceError {
    const text = `server id ${this.#serverId} is in use by ${by}`;
    return new TailraceError("SOURCE_SERVER_ID_TAKEN", text);
  }
}

/** A replica as it registered with its source. */
export interface RegisteredReplica {
  readonly serverId: number;
  /** What it calls itself (`report_host`); may be empty. */
  readonly host: string;
  readonly uuid?: string | undefined;
}

/** The replicas that the server knows of; none when we may not see them (MariaDB asks for REPLICATION MASTER ADMIN). */
export async function listReplicas(connection: Connection): Promise<readonly RegisteredReplica[]> {
  // The first is there since MySQL 8.0.22, the second until MySQL 8.3 and in MariaDB.
  for (const statement of ["SHOW REPLICAS", "SHOW SLAVE HOSTS"]) {
    try {
      const rows = await connection.query(statement);
      return rows.map((row) => ({
        serverId: Number(row["Server_Id"] ?? row["Server_id"]),
        host: row["Host"] ?? "",
        uuid: row["Replica_UUID"] ?? row["Slave_UUID"] ?? undefined,
      }));
    } catch (error) {
      if (serverErrorNumber(error) === undefined) throw error;
    }
  }
  return [];
}

async function lockHolder(session: Connection, name: string): Promise<number | undefined> {
  const [row] = await session.query("SELECT IS_USED_LOCK(?) holder", [name]);
  return row?.["holder"] == null ? undefined : Number(row["holder"]);
}

async function kill(session: Connection, threadId: number): Promise<void> {
  try {
    await session.execute(`KILL ${threadId}`);
  } catch (error) {
    // It has ended in the meantime.
    if (serverErrorNumber(error) === undefined) throw error;
  }
}
