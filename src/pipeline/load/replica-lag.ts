import type { Clock } from "../../core/clock.ts";
import { asTailraceError } from "../../core/errors.ts";
import type { Logger } from "../../core/logger.ts";
import type { Connection, ConnectionOptions } from "../../mysql/connection.ts";
import { parseVersion } from "../../mysql/server.ts";
import { SourceQueries } from "../source.ts";

/** Which replica must keep up while tables are loaded. */
export interface ReplicaLagOptions {
  readonly connection: ConnectionOptions;
  /** Reading waits while the replica is further behind. */
  readonly maxLagMs: number;
  readonly clock: Clock;
  readonly logger: Pick<Logger, "info" | "warn">;
}

/** Holds a load back while a replica of the source lags. */
export interface ReplicaLagGate extends AsyncDisposable {
  /** Resolves when the replica keeps up, or the signal aborts. Never rejects: a replica that cannot be asked, or does not replicate, is waited for, and the log says so. */
  mayRead(signal: AbortSignal): Promise<void>;
}

/** An answer counts for so long, and while the replica lags it is asked so often. */
const INTERVAL_MS = 1_000;
/** That reading waits is told this often at most. */
const TELL_MS = 60_000;

/** Opens a gate; the replica is asked when it is first needed. */
export function createReplicaLagGate({
  connection,
  maxLagMs,
  clock,
  logger,
}: ReplicaLagOptions): ReplicaLagGate {
  const queries = new SourceQueries(connection);
  let asked: { readonly atMs: number; readonly why: Promise<string | null> } | null = null;
  let toldMs = -Infinity;
  let isWaiting = false;
  const ask = async (): Promise<string | null> => {
    try {
      return describeLag(await queries.run(readLag), maxLagMs);
    } catch (error) {
      return `it cannot be asked: ${asTailraceError(error).message}`;
    }
  };
  const tell = (why: string | null): void => {
    if (why === null && isWaiting) logger.info({}, "loading goes on: the replica keeps up");
    isWaiting = why !== null;
    if (why === null || clock.now() - toldMs < TELL_MS) return;
    toldMs = clock.now();
    logger.warn(
      { replica: `${connection.host}:${connection.port}` },
      `loading waits for the replica: ${why}`,
    );
  };
  return {
    mayRead: async (signal) => {
      while (!signal.aborted) {
        const isKnown = asked !== null && clock.now() - asked.atMs < INTERVAL_MS;
        if (!isKnown) asked = { atMs: clock.now(), why: ask() };
        const why = await asked!.why;
        tell(why);
        if (why === null) return;
        await clock.sleep(INTERVAL_MS, signal);
      }
    },
    [Symbol.asyncDispose]: () => queries[Symbol.asyncDispose](),
  };
}

/** Why the replica counts as lagging; null when it keeps up. */
function describeLag(lag: ReplicaLag, maxLagMs: number): string | null {
  switch (lag.kind) {
    case "none":
      return "it is a replica of nothing";
    case "stopped":
      return "it does not replicate";
    case "behind":
      return 1_000 * lag.seconds <= maxLagMs ? null : `it is ${lag.seconds} s behind`;
  }
}

/** How a server's replication stands. */
export type ReplicaLag =
  | { readonly kind: "none" }
  | { readonly kind: "stopped" }
  | { readonly kind: "behind"; readonly seconds: number };

/** Asks a replica how far it is behind, over all its channels (REPLICATION CLIENT, MariaDB 10.5: REPLICA MONITOR). Throws SOURCE_*. */
export async function readLag(connection: Connection): Promise<ReplicaLag> {
  const isNew = !connection.isMariadb && parseVersion(connection.version) >= 80_022;
  const statement = connection.isMariadb ? "SHOW ALL SLAVES STATUS" : "SHOW SLAVE STATUS";
  const rows = await connection.query(isNew ? "SHOW REPLICA STATUS" : statement);
  if (rows.length === 0) return { kind: "none" };
  const lags = rows.map((row) => row["Seconds_Behind_Source"] ?? row["Seconds_Behind_Master"]);
  const known = lags.filter((lag) => lag != null);
  if (known.length < lags.length) return { kind: "stopped" };
  return { kind: "behind", seconds: Math.max(...known.map(Number)) };
}
