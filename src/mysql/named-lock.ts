import type { Clock } from "../core/clock.ts";
import { openConnection, type Connection, type ConnectionOptions } from "./connection.ts";
import { serverErrorNumber } from "./translate-error.ts";

/** Which lock, and how it is kept. */
export interface NamedLockOptions {
  readonly connection: ConnectionOptions;
  /** At most 64 characters; the server ignores their case. */
  readonly name: string;
  readonly clock: Clock;
  /** The server ends a session of ours that is silent for this long, and the lock with it. Default 30 s; renewed three times as often. */
  readonly leaseS?: number | undefined;
}

/** What became of the wish for a lock. */
export type LockAnswer =
  | { readonly kind: "held" }
  /** The server forbids locks of this kind, as some clusters do. */
  | { readonly kind: "unsupported" }
  /** By that session of the server, still after our patience. */
  | { readonly kind: "taken"; readonly holder: string };

/** No answer to a query for this long beyond what it may take. */
const QUERY_TIMEOUT_S = 30;
/** A session that we believe to be ours has to answer within this time, ms. */
const PING_MS = 3_000;

/** What says nothing about whether locks are supported. */
const PASSING: ReadonlySet<number> = new Set([
  1053, // ER_SERVER_SHUTDOWN
  1205, // ER_LOCK_WAIT_TIMEOUT
  1213, // ER_LOCK_DEADLOCK
  1317, // ER_QUERY_INTERRUPTED
  1969, // ER_STATEMENT_TIMEOUT (MariaDB)
  3024, // ER_QUERY_TIMEOUT
  3058, // ER_USER_LOCK_DEADLOCK
]);

/**
 * A user-level lock (`GET_LOCK`) of a server, in a session of its own, which an idle server drops at once when our process dies, and after the lease when
 * our machine does.
 */
export class NamedLock implements AsyncDisposable {
  readonly #options: NamedLockOptions;
  readonly #leaseS: number;
  readonly #closed = new AbortController();
  #session: Connection | undefined;
  /** The server's id of our last session: it may outlive its connection. */
  #lastThreadId: number | undefined;
  /** Called when the lock that was held is gone. */
  onLost: (() => void) | undefined;

  constructor(options: NamedLockOptions) {
    this.#options = options;
    this.#leaseS = options.leaseS ?? 30;
  }

  /** The session that holds the lock, for queries that belong to it. */
  get session(): Connection | undefined {
    return this.#session;
  }

  /**
   * Asks for the lock, waiting for another holder up to `patienceS`; at once when it is ours already, which the server is asked about: after its restart another
   * may have it before we notice the end of our session. Where locks are unsupported there is a session all
   * the same, and its end is told. An abort ends the wait with SOURCE_UNREACHABLE. Throws SOURCE_*.
   */
  async take(patienceS: number, signal?: AbortSignal): Promise<LockAnswer> {
    if (await this.#isHeld()) return { kind: "held" };
    const queryTimeoutMs = 1_000 * (patienceS + QUERY_TIMEOUT_S);
    const session = await openConnection({ ...this.#options.connection, queryTimeoutMs });
    const abort = (): void => session.destroy();
    signal?.addEventListener("abort", abort, { once: true });
    try {
      if (signal?.aborted === true) abort();
      const answer = await this.#ask(session, patienceS);
      if (answer.kind === "taken") {
        session.destroy();
        return answer;
      }
      this.#session = session;
      this.#lastThreadId = session.threadId;
      void this.#renew(session);
      return answer;
    } catch (error) {
      session.destroy();
      throw error;
    } finally {
      signal?.removeEventListener("abort", abort);
    }
  }

  /** Gives the lock back; it may be taken again. */
  async release(): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    await session?.[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort();
    await this.release();
  }

  /** Does our session still exist? One that does not, or does not answer, is forgotten. */
  async #isHeld(): Promise<boolean> {
    const session = this.#session;
    if (session === undefined) return false;
    const answered = new AbortController();
    const alive = session.query("SELECT 1").then(
      () => true,
      () => false,
    );
    const late = this.#options.clock.sleep(PING_MS, answered.signal).then(() => false);
    const isAlive = await Promise.race([alive, late]);
    answered.abort();
    if (isAlive) return true;
    session.destroy();
    if (this.#session === session) this.#session = undefined;
    return false;
  }

  async #ask(session: Connection, patienceS: number): Promise<LockAnswer> {
    const { name } = this.#options;
    const limit = session.isMariadb ? "max_statement_time" : "max_execution_time";
    // A limit of the server's must not end the wait.
    await session.execute(`SET SESSION wait_timeout = ${this.#leaseS}, ${limit} = 0`);
    try {
      const holder = await lockHolder(session, name);
      // A connection of ours that broke, and whose session the server has not missed yet.
      if (holder !== undefined && holder === this.#lastThreadId) await kill(session, holder);
      const [row] = await session.query("SELECT GET_LOCK(?, ?) locked", [name, patienceS]);
      if (row?.["locked"] === "1") return { kind: "held" };
      return { kind: "taken", holder: String((await lockHolder(session, name)) ?? "?") };
    } catch (error) {
      const code = serverErrorNumber(error);
      if (code === undefined || PASSING.has(code)) throw error;
      return { kind: "unsupported" };
    }
  }

  async #renew(session: Connection): Promise<void> {
    const isOurs = (): boolean => this.#session === session;
    try {
      for (;;) {
        await this.#options.clock.sleep((1_000 * this.#leaseS) / 3, this.#closed.signal);
        if (!isOurs()) return;
        await session.query("SELECT 1");
      }
    } catch {
      session.destroy();
      if (!isOurs()) return;
      this.#session = undefined;
      this.onLost?.();
    }
  }
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
