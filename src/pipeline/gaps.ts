import type { GapCode, GapEvent } from "../core/change-event.ts";
import type { DeadLetterStore } from "../core/dead-letter.ts";
import { ERROR_TABLE } from "../core/error-codes.ts";
import { TailraceError } from "../core/errors.ts";
import type { Sink } from "../core/sink.ts";
import { indexPattern } from "../rules/place.ts";
import type { GapNotes } from "./gap-notes.ts";
import { type Patience, patiently } from "./patiently.ts";
import type { Router } from "./router.ts";
import type { LoadedRule } from "./rule-set.ts";

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
  const rules = router.rulesOf(database, table);
  // only ids made of the primary key change with it
  if (
    code === "SCHEMA_KEY_CHANGED" &&
    rules.length > 0 &&
    rules.every(({ rule }) => rule.id !== null)
  )
    return;
  const isCleared = code === "SCHEMA_TABLE_CLEARED";
  if (isCleared && rules.some(({ config }) => config.onTruncate === "stop")) {
    throw new TailraceError("SCHEMA_TABLE_STOPPED", `${database}.${table}: ${gap.detail}`);
  }
  const cleared = gap.isEmptied === true ? rules.filter(canClear) : [];
  if (cleared.length > 0) await sink.drain();
  for (const { config, rule } of cleared) {
    const { pipeline } = config;
    const index = indexPattern(rule.index);
    const target = sink.target({ index, write: config.upsert ? "merge" : "whole", pipeline });
    await sink.clear(target, gap.versionHigh, gap.versionLow);
    logger.warn({ database, table, index }, `${gap.detail}: its documents were deleted`);
  }
  if (cleared.length > 0 && cleared.length === rules.length) return;
  await tellGap(gap, handling);
}

/**
 * Does the rule say that the documents of an emptied table are deleted, and are they those of its index? Where rows choose the index, names that the template could give may be
 * those of other rules' indices: there documents are kept, and the gap is told.
 */
function canClear({ config, rule }: LoadedRule): boolean {
  return config.onTruncate === "delete" && !rule.index.some((part) => typeof part !== "string");
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
