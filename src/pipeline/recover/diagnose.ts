import type { DirectConfig } from "../../config/config.ts";
import type { Checkpoint, TableGap } from "../../core/checkpoint.ts";
import type { Clock } from "../../core/clock.ts";
import { asTailraceError, type TailraceError } from "../../core/errors.ts";
import type { Logger } from "../../core/logger.ts";
import { describeReadySource } from "../ready-source.ts";
import type { DescribedSource, SourceQueries } from "../source.ts";
import { resolveStart } from "../start.ts";

/** What keeps a pipeline's documents from agreeing with their rows. */
export interface Diagnosis {
  readonly checkpoint: Checkpoint;
  /** Why the log cannot be read on from the checkpoint, or what is missing in it; null = it can be read on, and nothing is known to be missing. */
  readonly lost: Pick<TailraceError, "code" | "message"> | null;
  /** Tables with rows that the stream could not deliver. */
  readonly gaps: readonly TableGap[];
  readonly source: DescribedSource;
}

/** A gap of all tables: the log itself lacks changes. */
export const ALL_TABLES = "*";

/** A table is being loaded again and has not been compared with its documents yet. */
export const UNVERIFIED = "SNAPSHOT_UNVERIFIED";

/** Codes that say that the log is not there any more, or another one. */
const LOST = new Set(["SOURCE_POSITION_LOST", "SOURCE_IDENTITY_CHANGED"]);

/** Looks what a checkpoint misses of the source's log. Throws SOURCE_* when the source cannot be asked, STATE_UNREADABLE. */
export async function diagnose(
  config: DirectConfig,
  checkpoint: Checkpoint,
  {
    queries,
    ...options
  }: {
    readonly queries: SourceQueries;
    readonly clock: Clock;
    readonly logger: Logger;
    readonly signal: AbortSignal;
  },
): Promise<Diagnosis> {
  const source = await describeReadySource(queries, { checkpoint, config }, options);
  const gaps = checkpoint.gaps.filter((gap) => gap.table !== ALL_TABLES);
  const incident = checkpoint.gaps.find((gap) => gap.table === ALL_TABLES);
  try {
    resolveStart({
      checkpoint,
      requested: null,
      configured: null,
      source: source.state,
      gtid: config.source.gtid,
      knownEpoch: null,
    });
  } catch (cause) {
    const error = asTailraceError(cause);
    if (!LOST.has(error.code)) throw error;
    return { checkpoint, lost: error, gaps, source };
  }
  if (incident === undefined) return { checkpoint, lost: null, gaps, source };
  const message = `The log lacks changes at ${incident.file}:${incident.position}.`;
  return { checkpoint, lost: { code: "BINLOG_INCIDENT", message }, gaps, source };
}

/** Is there anything to recover? */
export function isWhole({ lost, gaps }: Diagnosis): boolean {
  return lost === null && gaps.length === 0;
}
