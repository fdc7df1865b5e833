import type { GapEvent } from "../../core/change-event.ts";
import type { RecordView } from "../../core/record.ts";
import { type GapHandling, handleGap } from "../gaps.ts";
import { carriesVersion } from "./topic-watch.ts";

/** A gap of which only the record in hand knows the place. */
export type UnplacedGap = Pick<GapEvent, "code" | "database" | "table" | "detail">;

/** What dealing with the gaps of a sync takes. */
export interface SyncGapHandling extends GapHandling {
  /** The record in hand. */
  readonly record: () => RecordView | null;
}

/**
 * Deals with the gaps of records. A TRUNCATE (or DROP) that our capture publishes lies in every partition, behind the rows of that partition that were written before it, with one
 * version in all copies. Every copy clears the index of what is not newer than that version: the first takes away what is there, later ones what other partitions
 * wrote meanwhile and should not have; rows written after the statement are newer and stay. So it does not matter in which order partitions, or which instances, come to it.
 *
 * Versions of foreign records compare only inside their partition, and Canal writes the statement into one: there a clearing would take rows written since and leave others. Such a
 * gap does not come as `isEmptied` unless its topic has a single partition, and is told instead, whatever the rule says.
 */
export function createSyncGapHandler(
  handling: SyncGapHandling,
): (gap: GapEvent | UnplacedGap) => Promise<void> {
  const { router, record: recordInHand } = handling;
  /** Version of the last statement that was told, by table: its copies say the same. */
  const told = new Map<string, string>();
  return async (unplaced) => {
    const record = recordInHand();
    const gap = place(unplaced, record);
    const { database, table, code, versionHigh, versionLow } = gap;
    if (code !== "SCHEMA_TABLE_CLEARED" || record === null) return handleGap(gap, handling);
    if (router.rulesOf(database, table).some(({ config }) => config.onTruncate === "delete")) {
      if (gap.isEmptied === true) return handleGap(gap, handling);
      const detail = `${gap.detail}; its documents were kept, for its records do not tell which of them are older`;
      return handleGap({ ...gap, detail }, handling);
    }
    const version = `${versionHigh} ${versionLow}`;
    const key = JSON.stringify([database, table]);
    if (carriesVersion(record) && told.get(key) === version) return;
    await handleGap(gap, handling);
    told.set(key, version);
  };
}

function place(gap: GapEvent | UnplacedGap, record: RecordView | null): GapEvent {
  const { topic = "", partition = 0, offset = 0 } = record ?? {};
  return {
    kind: "gap",
    versionHigh: 0,
    versionLow: 0,
    position: { file: `${topic}-${partition}`, position: offset },
    ...(record !== null && { record: { topic, partition, offset } }),
    ...gap,
  };
}
