import { ColumnTypeCode as T } from "./constants.ts";
import { TailraceError } from "../core/errors.ts";
import type { ColumnType } from "../core/schema.ts";
import { sqlTypeText } from "../core/sql-type.ts";
import type { MappedColumn } from "./table-map.ts";

/** Decodes a text in a MySQL character set. */
export type TextDecode = (charset: string, bytes: Buffer) => string;

/** A collation and its character set. */
export interface NamedCollation {
  readonly name: string;
  readonly charset: string;
}

/** What the types of a TABLE_MAP refer to. */
export interface TypeContext {
  /** The collation with that id, as the server knows it; `binary` for 63. */
  collationOf(id: number): NamedCollation;
  decodeText: TextDecode;
}

/** The type of a column as a TABLE_MAP with full metadata describes it. Throws BINLOG_UNSUPPORTED for types without a row format known here. */
export function columnType(column: MappedColumn, context: TypeContext): ColumnType {
  const { type, metadata, unsigned = false } = column;
  switch (type) {
    case T.TINY:
      return { kind: "integer", bytes: 1, unsigned };
    case T.SHORT:
      return { kind: "integer", bytes: 2, unsigned };
    case T.INT24:
      return { kind: "integer", bytes: 3, unsigned };
    case T.LONG:
      return { kind: "integer", bytes: 4, unsigned };
    case T.LONGLONG:
      return { kind: "integer", bytes: 8, unsigned };
    case T.FLOAT:
      return { kind: "float" };
    case T.DOUBLE:
      return { kind: "double" };
    case T.NEWDECIMAL:
      return { kind: "decimal", precision: metadata >> 8, scale: metadata & 0xff };
    case T.BIT:
      return { kind: "bit", bits: metadata };
    case T.YEAR:
      return { kind: "year" };
    case T.DATE:
    case T.NEWDATE:
      return { kind: "date" };
    case T.TIME:
      return { kind: "time", fraction: 0 };
    case T.TIME2:
      return { kind: "time", fraction: metadata };
    case T.DATETIME:
      return { kind: "datetime", fraction: 0 };
    case T.DATETIME2:
      return { kind: "datetime", fraction: metadata };
    case T.TIMESTAMP:
      return { kind: "timestamp", fraction: 0 };
    case T.TIMESTAMP2:
      return { kind: "timestamp", fraction: metadata };
    case T.VARCHAR:
    case T.VAR_STRING:
    case T.STRING:
      return textOrBinary(column, context, { maxBytes: metadata, large: false });
    case T.MARIADB_VARCHAR_COMPRESSED:
      return textOrBinary(column, context, { maxBytes: metadata - 1, large: false });
    case T.TINY_BLOB:
    case T.MEDIUM_BLOB:
    case T.LONG_BLOB:
    case T.BLOB:
    case T.MARIADB_BLOB_COMPRESSED:
      return textOrBinary(column, context, {
        maxBytes: 2 ** (8 * metadata) - 1,
        large: metadata > 1,
      });
    case T.ENUM:
      return { kind: "enum", ...labels(column, context) };
    case T.SET:
      return { kind: "set", ...labels(column, context) };
    case T.JSON:
      return { kind: "json", text: false };
    case T.GEOMETRY:
      return { kind: "geometry" };
    case T.VECTOR:
      return { kind: "vector" };
    default:
      throw new TailraceError(
        "BINLOG_UNSUPPORTED",
        `Column type ${type} has no row format known to tailrace.`,
      );
  }
}

/** A column's type as SQL writes it, as far as the log tells: of `tinyint(1)` and `float(7,3)` it knows the name alone. */
export function columnSqlType(column: MappedColumn, type: ColumnType): string {
  return sqlTypeText(type, {
    storage: storage(column.type),
    isUnsigned: column.unsigned === true,
    geometry: column.geometry === undefined ? undefined : GEOMETRY_NAMES[column.geometry],
  });
}

function storage(type: number): "char" | "blob" | undefined {
  switch (type) {
    case T.STRING:
      return "char";
    case T.TINY_BLOB:
    case T.MEDIUM_BLOB:
    case T.LONG_BLOB:
    case T.BLOB:
    case T.MARIADB_BLOB_COMPRESSED:
      return "blob";
    default:
      return undefined;
  }
}

/** By the server's `Geometry::wkbType`. */
const GEOMETRY_NAMES = [
  "geometry",
  "point",
  "linestring",
  "polygon",
  "multipoint",
  "multilinestring",
  "multipolygon",
  "geomcollection",
] as const;

function textOrBinary(
  column: MappedColumn,
  context: TypeContext,
  size: { maxBytes: number; large: boolean },
): ColumnType {
  const known = column.collation === undefined ? undefined : context.collationOf(column.collation);
  if (known !== undefined && known.charset !== "binary") {
    return { kind: "text", charset: known.charset, collation: known.name, ...size };
  }
  return column.type === T.STRING
    ? { kind: "binary", fixedLength: size.maxBytes, ...size }
    : { kind: "binary", ...size };
}

function labels(
  column: MappedColumn,
  context: TypeContext,
): { members: string[]; collation?: string } {
  const known = column.collation === undefined ? undefined : context.collationOf(column.collation);
  const charset = known?.charset ?? "utf8mb4";
  const members = (column.members ?? []).map((label) => context.decodeText(charset, label));
  return known === undefined ? { members } : { members, collation: known.name };
}
