import { createJsonMembers } from "./json-members.ts";
import type { RecordIntake } from "./record-intake.ts";
import { memberNumber, memberText } from "./record-members.ts";

/** Where a change comes from. */
export interface ChangeSource {
  database: string;
  table: string;
}

const SOURCE = createJsonMembers(["db", "table", "ts_ms", "ts_us", "gtid"]);

/** What Debezium's unwrapping transformation adds to a row, with its default prefix; names of fields of `source` have it as a part, or not. */
const FLAT = createJsonMembers([
  "__op",
  "__deleted",
  "__db",
  "__table",
  "__ts_ms",
  "__gtid",
  "__source_db",
  "__source_table",
  "__source_ts_ms",
  "__source_gtid",
]);

/** Reads an envelope's `source`, the object at `p`, and notes when the change was made. */
export function readSource(intake: RecordIntake, p: number, end: number): ChangeSource {
  const { bytes: b } = intake.record;
  SOURCE.read(b, p, end);
  const timestampMs = memberNumber(b, SOURCE, "ts_ms");
  intake.noteTime(timestampMs, memberNumber(b, SOURCE, "ts_us") || timestampMs * 1000);
  intake.gtid = memberText(b, SOURCE, "gtid") || undefined;
  return { database: memberText(b, SOURCE, "db"), table: memberText(b, SOURCE, "table") };
}

/** What stands in an unwrapped row beside its columns. */
export interface FlatRow extends ChangeSource {
  readonly isDelete: boolean;
  /** Is there anything of the transformation's? */
  readonly isMarked: boolean;
}

/** Reads what was added to the unwrapped row at `p`. Database and table are those that its topic is named after where it does not name them. */
export function readFlatRow(intake: RecordIntake, p: number, end: number): FlatRow {
  const { bytes: b, topic } = intake.record;
  FLAT.read(b, p, end);
  const timestampMs = memberNumber(b, FLAT, "__source_ts_ms") || memberNumber(b, FLAT, "__ts_ms");
  if (timestampMs > 0) intake.noteTime(timestampMs);
  intake.gtid = memberText(b, FLAT, "__source_gtid") || memberText(b, FLAT, "__gtid") || undefined;
  const named = sourceOfTopic(topic);
  const operation = memberText(b, FLAT, "__op");
  const deleted = memberText(b, FLAT, "__deleted");
  return {
    database: memberText(b, FLAT, "__source_db") || memberText(b, FLAT, "__db") || named.database,
    table: memberText(b, FLAT, "__source_table") || memberText(b, FLAT, "__table") || named.table,
    isDelete: operation === "d" || deleted === "true",
    isMarked:
      operation !== "" || deleted !== "" || FLAT.has("__table") || FLAT.has("__source_table"),
  };
}

/** Debezium names topics `prefix.database.table`. */
export function sourceOfTopic(topic: string): ChangeSource {
  const parts = topic.split(".");
  return { database: parts.at(-2) ?? "", table: parts.at(-1) ?? "" };
}
