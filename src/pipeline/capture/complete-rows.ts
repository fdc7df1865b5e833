import type { IncompleteRow, IncompleteRowsEvent, Operation } from "../../core/change-event.ts";
import type { JsonRow } from "../../core/json-row.ts";
import type { Column, TableSchema } from "../../core/schema.ts";
import type { JsonRowsEvent } from "../../transport/record-encoder.ts";
import type { ReadRows } from "../router.ts";

/** What became of the rows of an incomplete event. */
export interface CompletedRows {
  /** In the event's order; rows that are gone by now are left out, their delete follows in the log. */
  readonly complete: readonly JsonRowsEvent[];
  /** Rows of which too little is known, in a table without a key to read them by. */
  readonly unknown: number;
}

/**
 * Completes rows whose images lack columns by reading them again by primary key. What comes back may be newer than the event: then the changes in between
 * follow in the log, with higher versions. A row that left its key is deleted under it, by what its before image tells.
 */
export async function completeRows(
  event: IncompleteRowsEvent,
  readRows: ReadRows,
): Promise<CompletedRows> {
  return event.table.schema.primaryKey.length > 0
    ? completeByKey(event, readRows)
    : completeByImages(event);
}

async function completeByKey(
  event: IncompleteRowsEvent,
  readRows: ReadRows,
): Promise<CompletedRows> {
  const { schema } = event.table;
  const changed = event.rows.flatMap(({ before, after }) =>
    after === null ? [] : [merge(before, after)],
  );
  const fresh = changed.length === 0 ? [] : await readRows(event.table, changed);
  let next = 0;
  const complete = event.rows.flatMap(({ before, after }): JsonRowsEvent[] => {
    if (after === null) return [rowsOf(event, "delete", schema, { before, after })];
    const [key, row] = [changed[next]!, fresh[next]!];
    next += 1;
    if (row !== null) {
      const known = before === null ? null : rearrange(before, schema, row.schema);
      return [rowsOf(event, event.operation, row.schema, { before: known, after: row.row })];
    }
    const leavesKey =
      before !== null && schema.primaryKey.some((column) => before[column] !== key[column]);
    return leavesKey ? [rowsOf(event, "delete", schema, { before, after: null })] : [];
  });
  return { complete, unknown: 0 };
}

/** Without a key the server logs the whole before image; what an after image lacks is as it was before. */
function completeByImages(event: IncompleteRowsEvent): CompletedRows {
  const { schema } = event.table;
  const complete: JsonRowsEvent[] = [];
  let unknown = 0;
  for (const { before, after } of event.rows) {
    const row = after === null ? null : mergeImages(before, after, schema.columns);
    if ((row ?? before ?? []).includes(undefined)) unknown += 1;
    else complete.push(rowsOf(event, event.operation, schema, { before, after: row }));
  }
  return { complete, unknown };
}

function rowsOf(
  event: IncompleteRowsEvent,
  operation: Operation,
  schema: TableSchema,
  row: IncompleteRow,
): JsonRowsEvent {
  const { timestampMs, commitTimeUs, gtid, versionHigh, versionLow } = event;
  return {
    operation,
    schema,
    rows: [row],
    timestampMs,
    commitTimeUs,
    gtid,
    versionHigh,
    versionLow,
  };
}

/** What is known of the row after the change. */
function merge(before: JsonRow | null, after: JsonRow): JsonRow {
  return after.map((value, column) => value ?? (value === null ? null : before?.[column]));
}

/** The row after the change; a JSON column that its image lacks may have been changed by a diff. */
function mergeImages(before: JsonRow | null, after: JsonRow, columns: readonly Column[]): JsonRow {
  return after.map((value, i) =>
    value !== undefined || columns[i]!.type.kind === "json" ? value : before?.[i],
  );
}

/** What is known of a row, in the order of another definition of its table. */
function rearrange(row: JsonRow, from: TableSchema, to: TableSchema): JsonRow {
  const indices = new Map(from.columns.map((column, i) => [column.name, i]));
  return to.columns.map(({ name }) => row[indices.get(name) ?? -1]);
}
