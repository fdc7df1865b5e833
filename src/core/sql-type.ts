import type { Column, ColumnType } from "./schema.ts";

/** What a type's SQL text needs beyond {@link ColumnType}; absent = not known, or not so. */
export interface SqlTypeDetail {
  /** CHAR rather than VARCHAR; one of the TEXT and BLOB types, whatever the size. */
  readonly storage?: "char" | "blob" | undefined;
  /** Of DECIMAL, FLOAT and DOUBLE. */
  readonly isUnsigned?: boolean;
  /** The type of geometries. */
  readonly geometry?: string | undefined;
}

/** The most bytes of a character, by character set; 1 where it is not listed. */
const CHARACTER_BYTES: ReadonlyMap<string, number> = new Map([
  ...["gbk", "big5", "gb2312", "sjis", "cp932", "euckr", "ucs2"].map((name) => [name, 2] as const),
  ...["utf8", "utf8mb3", "ujis", "eucjpms"].map((name) => [name, 3] as const),
  ...["utf8mb4", "utf16", "utf16le", "utf32", "gb18030"].map((name) => [name, 4] as const),
]);

const INTEGER_NAMES = {
  1: "tinyint",
  2: "smallint",
  3: "mediumint",
  4: "int",
  8: "bigint",
} as const;

/** The column's type as SQL writes it: as its source tells it, else as far as {@link sqlTypeText} knows. */
export function columnSqlType(column: Column): string {
  return column.sqlType ?? sqlTypeText(column.type);
}

/** A type as SQL writes it (`bigint unsigned`, `varchar(300)`, `enum('new','paid')`), without attributes that only the server knows (`tinyint(1)`, collations). */
export function sqlTypeText(type: ColumnType, detail: SqlTypeDetail = {}): string {
  const unsigned = detail.isUnsigned === true ? " unsigned" : "";
  switch (type.kind) {
    case "integer":
      return `${INTEGER_NAMES[type.bytes]}${type.unsigned ? " unsigned" : ""}`;
    case "decimal":
      return `decimal(${type.precision},${type.scale})${unsigned}`;
    case "float":
    case "double":
      return `${type.kind}${unsigned}`;
    case "bit":
      return `bit(${type.bits})`;
    case "time":
    case "datetime":
    case "timestamp":
      return type.fraction === 0 ? type.kind : `${type.kind}(${type.fraction})`;
    case "text": {
      if (type.large || detail.storage === "blob") return `${sizeName(type.maxBytes)}text`;
      const characters = Math.floor(type.maxBytes / (CHARACTER_BYTES.get(type.charset) ?? 1));
      return `${detail.storage === "char" ? "char" : "varchar"}(${characters})`;
    }
    case "binary":
      if (type.fixedLength !== undefined) return `binary(${type.fixedLength})`;
      if (type.large || detail.storage === "blob") return `${sizeName(type.maxBytes)}blob`;
      return `varbinary(${type.maxBytes})`;
    case "enum":
    case "set":
      return `${type.kind}(${type.members.map(quoteLabel).join(",")})`;
    case "json":
      return type.text ? "longtext" : "json";
    case "geometry":
      return detail.geometry ?? "geometry";
    case "inet":
      return `inet${type.version}`;
    default:
      return type.kind;
  }
}

const TINY_BYTES = 0xff;
const MEDIUM_BYTES = 0xff_ffff;

function sizeName(maxBytes: number): string {
  if (maxBytes <= TINY_BYTES) return "tiny";
  if (maxBytes < MEDIUM_BYTES) return "";
  return maxBytes === MEDIUM_BYTES ? "medium" : "long";
}

function quoteLabel(label: string): string {
  return `'${label.replaceAll("\\", "\\\\").replaceAll("'", "''")}'`;
}
