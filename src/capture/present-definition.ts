import { columnType, type TypeContext } from "../binlog/column-type.ts";
import type { MappedColumn, TableMap } from "../binlog/table-map.ts";
import { type ColumnType, type TableSchema, tableName } from "../core/schema.ts";

/** Why the server's present definition cannot be that of the rows in the log, which names no columns; null when it fits. */
export function disagreement(
  map: TableMap,
  schema: TableSchema,
  types: TypeContext,
): string | null {
  if (map.columns.length !== schema.columns.length) {
    return `${tableName(schema)} has ${schema.columns.length} columns now, the logged rows have ${map.columns.length}`;
  }
  for (const [index, column] of schema.columns.entries()) {
    const mapped = map.columns[index]!;
    if (mapped.nullable !== column.nullable || !fits(mapped, column.type, types)) {
      return `column ${index + 1} of the logged rows does not fit ${column.name} of ${tableName(schema)} as it is now`;
    }
  }
  return null;
}

/**
 * Sizes of texts may have changed, the log has them. Without any metadata (MariaDB's `binlog_row_metadata=NO_LOG`) signs and character sets are taken from
 * the present definition; a text's size in bytes then vouches for its character set.
 */
function fits(mapped: MappedColumn, type: ColumnType, types: TypeContext): boolean {
  if (type.kind === "enum" || type.kind === "set")
    return columnType({ ...mapped, members: [] }, types).kind === type.kind;
  const logged = columnType(mapped, types);
  switch (logged.kind) {
    case "integer":
      return (
        type.kind === "integer" &&
        type.bytes === logged.bytes &&
        (mapped.unsigned ?? type.unsigned) === type.unsigned
      );
    case "text":
      return type.kind === "text" ? type.charset === logged.charset : isTextJson(type);
    case "binary":
      return mapped.collation === undefined
        ? hasSize(type, logged.maxBytes, logged.fixedLength)
        : isSameBinary(type, logged.fixedLength);
    default:
      return JSON.stringify(logged) === JSON.stringify(type);
  }
}

function isTextJson(type: ColumnType): boolean {
  return type.kind === "json" && type.text;
}

function isSameBinary(type: ColumnType, fixedLength: number | undefined): boolean {
  if (type.kind === "uuid") return fixedLength === 16;
  if (type.kind === "inet") return fixedLength === (type.version === 4 ? 4 : 16);
  return type.kind === "binary" && type.fixedLength === fixedLength;
}

/** CHAR and BINARY of a size look alike here, and so do VARCHAR and VARBINARY, TEXT and BLOB. */
function hasSize(type: ColumnType, maxBytes: number, fixedLength: number | undefined): boolean {
  if (type.kind === "text") return type.maxBytes === maxBytes;
  if (isTextJson(type)) return maxBytes === LONGTEXT_BYTES;
  return isSameBinary(type, fixedLength) && (type.kind !== "binary" || type.maxBytes === maxBytes);
}

const LONGTEXT_BYTES = 2 ** 32 - 1;
