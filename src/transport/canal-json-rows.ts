import type { IncompleteRow, Operation } from "../core/change-event.ts";
import type { JsonRow } from "../core/json-row.ts";
import type { TableSchema } from "../core/schema.ts";
import { createEnvelopes, RECORD_ENDS, RECORD_START } from "./canal-envelope.ts";
import { shownColumns, sqlTypesOf } from "./canal-types.ts";
import { canalValue, type CanalValueOptions } from "./canal-values.ts";
import type { JsonRowsEvent } from "./record-encoder.ts";
import { type ColumnText, membersOf } from "./row-format.ts";

/** One row of a record: where `old` is null the operation has none. */
export interface CanalJsonRow {
  readonly operation: Operation;
  readonly row: JsonRow;
  readonly old: JsonRow | null;
  /** A delete of the key that an update has left. */
  readonly isMove?: boolean;
}

/** Writes Canal records of rows that lie as JSON texts, one a row. */
export interface CanalJsonTable {
  /** What an incomplete row comes to: itself, or a delete and an insert where its key has changed. */
  rowsOf(
    row: IncompleteRow,
    isSameKey: (before: JsonRow, after: JsonRow) => boolean,
  ): readonly CanalJsonRow[];
  /** Does the row hold all columns, or need it not, being deleted? */
  isWhole(row: CanalJsonRow): boolean;
  hasKey(row: JsonRow): boolean;
  encode(row: CanalJsonRow, event: JsonRowsEvent, options: EncodeOptions): Buffer;
}

/** What of a row is written. */
export interface EncodeOptions {
  readonly keyOnly: boolean;
  readonly id: number;
  readonly nowMs: number;
}

/** Prepares the records of a table. */
export function createCanalJsonTable(
  schema: TableSchema,
  options: CanalValueOptions,
): CanalJsonTable {
  const shown = shownColumns(schema.columns);
  const columns = shown.map((index): ColumnText => {
    const { name, type } = schema.columns[index]!;
    return { index, name: JSON.stringify(name), convert: canalValue(type, options) };
  });
  const keyColumns = columns.filter(({ index }) => schema.primaryKey.includes(index));
  const envelope = createEnvelopes(schema);
  return {
    rowsOf: ({ before, after }, isSameKey) => {
      if (after === null)
        return before === null ? [] : [{ operation: "delete", row: before, old: null }];
      if (before === null) return [{ operation: "insert", row: after, old: null }];
      const known = before.map((text, index) => (text === undefined ? after[index] : text));
      if (isSameKey(known, after))
        return [{ operation: "update", row: after, old: changedColumns(before, after) }];
      return [
        { operation: "delete", row: before, old: null, isMove: true },
        { operation: "insert", row: after, old: null },
      ];
    },
    isWhole: ({ operation, row }) =>
      operation === "delete" || shown.every((index) => row[index] !== undefined),
    hasKey: (row) =>
      keyColumns.length > 0 && keyColumns.every(({ index }) => typeof row[index] === "string"),
    encode: ({ operation, row, old }, event, { keyOnly, id, nowMs }) => {
      const sqlTypes = sqlTypesOf(schema.columns, row);
      const { middle, end } = envelope({ origin: event, id, nowMs, sqlTypes });
      const oldText = old === null || keyOnly ? "null" : `[{${membersOf(columns, old)}}]`;
      return Buffer.concat([
        RECORD_START,
        Buffer.from(`{${membersOf(keyOnly ? keyColumns : columns, row)}}`),
        middle,
        Buffer.from(oldText),
        end,
        RECORD_ENDS[operation],
      ]);
    },
  };
}

/** The before image's known columns that are others in the after image. */
function changedColumns(before: JsonRow, after: JsonRow): JsonRow {
  return before.map((text, index) => (text === after[index] ? undefined : text));
}
