import type { GapCode, GapEvent } from "../core/change-event.ts";
import type { DeadLetterStore } from "../core/dead-letter.ts";
import { ERROR_TABLE } from "../core/error-codes.ts";
import { TailraceError } from "../core/errors.ts";
import type { Sink } from "../core/sink.ts";
import type { GapNotes } from "./gap-notes.ts";
import { type Patience, patiently } from "./patiently.ts";
import type { Router } from "./router.ts";

/** What telling of a gap takes. */
export interface GapTelling extends Patience {
  readonly pipeline: string;
  readonly notes: GapNotes;
  readonly deadLetters: DeadLetterStore;
}

/** What dealing with a gap of documents takes. */
export interface GapHandling extends GapTelling {
  readonly router: Router;
  readonly sink: Sink;
}

/**
 * Deals with rows that the stream could not deliver: {@link tellGap}. A table that was cleared is cleared in the index too where its rule says so. Durable
 * when it resolves.
 */
export async function handleGap(gap: GapEvent, handling: GapHandling): Promise<void> {
  const { router, sink, logger } = handling;
  const { database, table, code } = gap;
  const rule = router.ruleOf(database, table);
  // only ids made of the primary key change with it
  if (code === "SCHEMA_KEY_CHANGED" && rule?.id !== undefined) return;
  if (gap.isEmptied === true && rule?.onTruncate === "delete") {
    await sink.drain();
    await sink.clear(
      sink.target({ index: rule.index, write: rule.upsert ? "merge" : "whole" }),
      gap.versionHigh,
      gap.versionLow,
    );
    logger.warn(
      { database, table, index: rule.index },
      `${gap.detail}: its documents were deleted`,
    );
    return;
  }
  if (code === "SCHEMA_TABLE_CLEARED" && rule?.onTruncate === "stop") {
    throw new TailraceError("SCHEMA_TABLE_STOPPED", `${database}.${table}: ${gap.detail}`);
  }
  await tellGap(gap, handling);
}

/**
 * Tells of rows that the stream could not deliver, so that they never pass silently: an error in the log, a dead letter, a note in the checkpoint. Durable
 * when it resolves.
 */
export async function tellGap(gap: GapEvent, telling: GapTelling): Promise<void> {
  const { notes, logger } = telling;
  const { database, table, code } = gap;
  const { file, position } = gap.position;
  if (REPEATED.has(code) && notes.hasGap(gap)) return;
  await storeForSure(gap, telling);
  // not before: a checkpoint that is saved with the gap says that its dead letter is stored
  notes.addGap({ database, table, code, file, position });
  const { remedy } = ERROR_TABLE[code];
  const summary = ERROR_TABLE[code].summary.replace(/\.$/, "");
  logger.error(
    { database, table, code, file, position, remedy },
    summary.includes(gap.detail) ? summary : `${summary} (${gap.detail})`,
  );
}

/** Come once for each event or statement of a table: the first says it all. */
const REPEATED: ReadonlySet<GapCode> = new Set([
  "SCHEMA_MISMATCH",
  "SCHEMA_UNREADABLE",
  "BINLOG_STATEMENT",
]);

/** Stores the dead letter, however long that takes. */
function storeForSure(gap: GapEvent, telling: GapTelling): Promise<void> {
  const { database, table, code, detail, record } = gap;
  const { pipeline, deadLetters, clock } = telling;
  const { file, position } = gap.position;
  const at = new Date(clock.now()).toISOString();
  const place =
    record === undefined
      ? { file, position }
      : { topic: record.topic, partition: record.partition, offset: record.offset };
  const letter = { at, pipeline, kind: "gap", code, error: detail, database, table } as const;
  return patiently(
    "store a dead letter",
    () => deadLetters.store([{ ...letter, ...place }]),
    telling,
  );
}
