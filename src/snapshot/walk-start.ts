import type { ChunkReader, ChunkTable, KeyLiterals, TableLoad } from "../core/load.ts";

/** Where a table's chunks begin, by what the server says of it now. */
export interface WalkStart {
  readonly table: ChunkTable;
  /** What the load becomes, when it begins at the first row; null when it goes on where it was. */
  readonly anew: WalkBounds | null;
}

/** What is known of a table's rows when its load begins. */
export interface WalkBounds {
  readonly key: readonly string[];
  readonly keyOrder: string;
  readonly upTo: KeyLiterals | null;
  readonly estimatedRows: number | null;
}

/**
 * Asks the server what a load's table is and whether it takes the condition, and how far its keys go where the load begins. A load goes on where it was as
 * long as the key has the same columns and, as far as is known, the same order. Null when there is no such table. Rejects with what the reader does.
 */
export async function findWalkStart(
  reader: ChunkReader,
  load: TableLoad,
): Promise<WalkStart | null> {
  const table = await reader.describe(load.database, load.table);
  if (table === null) return null;
  if (load.where !== undefined) await reader.checkWhere(table, load.where);
  const columns = table.keyColumns.map((index) => table.schema.columns[index]!);
  const key = columns.map(({ name }) => name);
  const keyOrder = JSON.stringify(columns.map(({ type }) => type));
  const isSame =
    key.join("\0") === load.key?.join("\0") && keyOrder === (load.keyOrder ?? keyOrder);
  if (isSame) return { table, anew: null };
  const estimatedRows = await reader.estimateRows(table);
  const upTo = await reader.lastKey(table);
  return { table, anew: { key, keyOrder, upTo, estimatedRows } };
}
