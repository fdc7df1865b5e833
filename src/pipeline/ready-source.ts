import type { MysqlSourceConfig } from "../config/config.ts";
import type { Checkpoint } from "../core/checkpoint.ts";
import type { Clock } from "../core/clock.ts";
import type { Logger } from "../core/logger.ts";
import { type DescribedSource, describeSource, type SourceQueries } from "./source.ts";
import { type StartRequest, unexecuted } from "./start.ts";

interface ReadyOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly logger: Logger;
  readonly from?: StartRequest | undefined;
}

/** How long a server may take to count transactions as executed that we have read: longer than semi-synchronous replication waits by default. */
const EXECUTING_MS = 15_000;

/**
 * Describes the source when it has executed all that the checkpoint holds: a transaction is in the log, and read, before the server commits it, and a replica that took
 * over may still be applying it. Gives up waiting after a while; then the start says what is missing.
 */
export async function describeReadySource(
  queries: SourceQueries,
  {
    checkpoint,
    config,
  }: {
    readonly checkpoint: Checkpoint | null;
    readonly config: { readonly source: MysqlSourceConfig };
  },
  { clock, signal, logger, from }: ReadyOptions,
): Promise<DescribedSource> {
  const resumed = from === undefined ? checkpoint : null;
  const requested = from ?? config.source.start;
  const place = resumed ?? (requested?.kind === "position" ? requested : null);
  const deadline = clock.now() + EXECUTING_MS;
  for (let isFirst = true; ; isFirst = false) {
    const source = await queries.run((connection) => describeSource(connection, place));
    // MariaDB counts what its log holds, so what it lacks of its own will not come
    const mayExecute =
      source.server.flavor === "mysql" || resumed?.serverUuid !== source.server.serverUuid;
    const missing = resumed === null || !mayExecute ? null : unexecuted(resumed, source.state);
    if (missing === null || clock.now() >= deadline || signal.aborted) return source;
    if (isFirst)
      logger.info(
        { missing: missing.toString() },
        "waiting for the server to execute transactions that were read",
      );
    await clock.sleep(200, signal);
  }
}
