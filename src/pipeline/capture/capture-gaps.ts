import type { GapCode, GapEvent } from "../../core/change-event.ts";
import type { SourcePosition } from "../../core/checkpoint.ts";
import type { RecordGap } from "../../transport/record-encoder.ts";
import { type GapTelling, tellGap } from "../gaps.ts";

/**
 * What a statement did to documents is for those to tell who have documents: they read the statement as a record, and know their rules. A capture tells of
 * rows that no record has.
 */
const TOLD_BY_READERS: ReadonlySet<GapCode> = new Set([
  "SCHEMA_TABLE_CLEARED",
  "SCHEMA_KEY_CHANGED",
]);

/** Tells of rows that a capture could not deliver: an error in the log, a dead letter, a note in the checkpoint. Durable when it resolves. */
export async function tellCaptureGap(gap: GapEvent, telling: GapTelling): Promise<void> {
  if (!TOLD_BY_READERS.has(gap.code)) await tellGap(gap, telling);
}

/** A row's gap with its place in the log, which its version tells: the binlog file's number and the end of the event. `near` names a file of the same log. */
export function placeGap(gap: RecordGap, near: Pick<SourcePosition, "file">): GapEvent {
  return { ...gap, position: placeOfVersion(gap, near) };
}

/** The place in the log that a version tells. `near` names a file of the same log. */
export function placeOfVersion(
  { versionHigh, versionLow }: Pick<RecordGap, "versionHigh" | "versionLow">,
  near: Pick<SourcePosition, "file">,
): Pick<SourcePosition, "file" | "position"> {
  const number = (versionHigh >>> 3) & 0xf_ffff;
  const position = (versionHigh & 0x7) * 2 ** 32 + (versionLow >>> 0);
  const dot = near.file.lastIndexOf(".") + 1;
  const digits = near.file.length - dot;
  return { file: near.file.slice(0, dot) + String(number).padStart(digits, "0"), position };
}
