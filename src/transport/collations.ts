import type { ColumnType, TableSchema } from "../core/schema.ts";

/** A column as far as a record tells it. */
interface ToldColumn {
  readonly name: string;
  readonly type: ColumnType;
}

/**
 * The columns with the character sets and collations that the table has now, which records do not tell. A column that the table does not have, or has with another kind
 * of type, stays as it is.
 */
export function withCollations<T extends ToldColumn>(
  columns: readonly T[],
  described: Pick<TableSchema, "columns">,
): readonly T[] {
  const types = new Map(described.columns.map(({ name, type }) => [name, type]));
  return columns.map((column) => {
    const type = withCollation(column.type, types.get(column.name));
    return type === column.type ? column : { ...column, type };
  });
}

function withCollation(told: ColumnType, present: ColumnType | undefined): ColumnType {
  if (present === undefined || !("collation" in present) || present.collation === undefined)
    return told;
  const { collation } = present;
  if (told.kind === "text" && present.kind === "text") {
    // sizes by the type's text take characters for those of utf8mb4
    const maxBytes = Math.min(told.maxBytes, present.maxBytes);
    return { ...told, charset: present.charset, collation, maxBytes };
  }
  const isSame = told.kind === present.kind;
  return isSame && (told.kind === "enum" || told.kind === "set") ? { ...told, collation } : told;
}
