import type { Clock } from "../core/clock.ts";
import { TailraceError } from "../core/errors.ts";
import type { Connection, ConnectionOptions } from "./connection.ts";
import { REPLICA_HOST } from "./dump-packets.ts";
import { NamedLock } from "./named-lock.ts";
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

/**
 * Our exclusive right to a server id on one source: a {@link NamedLock}. A lock on the dump's own connection would not do: a dump thread notices a dead
 * replica only when it next writes to it.
 */
export class ServerIdClaim implements AsyncDisposable {
  readonly #lock: NamedLock;
  readonly #serverId: number;
  readonly #patienceS: number;

  constructor({ connection, serverId, clock, leaseS = 30, patienceS }: ServerIdClaimOptions) {
    this.#lock = new NamedLock({
      connection,
      name: `tailrace/server-id/${serverId}`,
      clock,
      leaseS,
    });
    this.#serverId = serverId;
    this.#patienceS = patienceS ?? leaseS + 5;
  }

  /** Called when the lock is gone; a dump that runs has to end. */
  set onLost(listener: () => void) {
    this.#lock.onLost = listener;
  }

  /**
   * Resolves when the server id is ours alone; at once when it still is. Throws SOURCE_SERVER_ID_TAKEN when another tailrace holds it
   * for longer than a dead one could, or another replica is registered with it. Where the server forbids locks, only its list of replicas is left.
   */
  async hold(): Promise<void> {
    const before = this.#lock.session;
    const answer = await this.#lock.take(this.#patienceS);
    if (answer.kind === "taken") throw this.#taken(`session ${answer.holder} of another tailrace`);
    if (this.#lock.session === before) return;
    try {
      await this.#refuseForeignReplica(this.#lock.session!);
    } catch (error) {
      await this.#lock.release();
      throw error;
    }
  }

  /** Gives the server id back. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#lock[Symbol.asyncDispose]();
  }

  async #refuseForeignReplica(session: Connection): Promise<void> {
    for (const replica of await listReplicas(session)) {
      if (replica.serverId === this.#serverId && replica.host !== REPLICA_HOST) {
        throw this.#taken(`replica ${JSON.stringify(replica.host)} ${replica.uuid ?? ""}`.trim());
      }
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
