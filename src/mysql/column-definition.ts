import { parseLabels } from "../core/sql-labels.ts";
import type { ColumnType } from "../core/schema.ts";

/** What information_schema.COLUMNS says of a column's type. */
export interface ColumnDefinition {
  /** `DATA_TYPE`: the bare name. */
  readonly dataType: string;
  /** `COLUMN_TYPE`: with size, attributes and labels. */
  readonly columnType: string;
  readonly charset: string | null;
  /** `COLLATION_NAME`. */
  readonly collation: string | null;
  /** `CHARACTER_OCTET_LENGTH`. */
  readonly maxBytes: number;
  /** `NUMERIC_PRECISION`. */
  readonly precision: number;
  /** `NUMERIC_SCALE`. */
  readonly scale: number;
  /** `DATETIME_PRECISION`. */
  readonly fraction: number;
  /** MariaDB: a check constraint says that the text is JSON. */
  readonly holdsJson: boolean;
}

const UTF8_CHARSETS: ReadonlySet<string> = new Set(["utf8mb4", "utf8mb3", "ascii"]);

/** How MariaDB marks a temporal column that was made before 10.1 or with `mysql56_temporal_format=OFF`. */
const OLD_TEMPORAL = /\/\* mariadb-5\.3 \*\//;

const INTEGER_BYTES: Readonly<Record<string, 1 | 2 | 3 | 4 | 8>> = {
  tinyint: 1,
  smallint: 2,
  mediumint: 3,
  int: 4,
  bigint: 8,
};

/** The column's type, or null when its values in the log cannot be read (MariaDB's old temporal columns with a fraction, types not known here). */
export function parseColumnType(column: ColumnDefinition): ColumnType | null {
  const { dataType, columnType, maxBytes, fraction } = column;
  // Labels may hold any text, so attributes are looked for only where there are none.
  const isUnsigned = (): boolean => /\bunsigned\b/.test(columnType);
  const integerBytes = INTEGER_BYTES[dataType];
  if (integerBytes !== undefined)
    return { kind: "integer", bytes: integerBytes, unsigned: isUnsigned() };
  switch (dataType) {
    case "decimal":
      return { kind: "decimal", precision: column.precision, scale: column.scale };
    case "float":
    case "double":
    case "year":
    case "date":
    case "vector":
      return { kind: dataType };
    case "bit":
      return { kind: "bit", bits: column.precision };
    case "time":
    case "datetime":
    case "timestamp":
      return fraction > 0 && OLD_TEMPORAL.test(columnType) ? null : { kind: dataType, fraction };
    case "char":
    case "varchar":
    case "tinytext":
    case "text":
    case "mediumtext":
    case "longtext":
      return textType(column);
    case "binary":
      return { kind: "binary", fixedLength: maxBytes, maxBytes, large: false };
    case "varbinary":
    case "tinyblob":
    case "blob":
    case "mediumblob":
    case "longblob":
      return { kind: "binary", maxBytes, large: isLarge(dataType) };
    case "enum":
    case "set":
      return { kind: dataType, members: parseLabels(columnType), ...collationOf(column) };
    case "json":
      return { kind: "json", text: false };
    case "uuid":
      return { kind: "uuid" };
    case "inet4":
    case "inet6":
      return { kind: "inet", version: dataType === "inet4" ? 4 : 6 };
    case "geometry":
    case "point":
    case "linestring":
    case "polygon":
    case "multipoint":
    case "multilinestring":
    case "multipolygon":
    case "geometrycollection":
    case "geomcollection":
      return { kind: "geometry" };
    default:
      return null;
  }
}

/** Character sets have two names in places: `utf8` is utf8mb3. */
export function canonicalCharset(charset: string): string {
  return charset === "utf8" ? "utf8mb3" : charset;
}

function textType(column: ColumnDefinition): ColumnType {
  const { dataType, maxBytes } = column;
  const charset = canonicalCharset(column.charset ?? "utf8mb4");
  // JSON itself is utf8mb4; of a LONGTEXT in another character set the log has no JSON bytes.
  if (column.holdsJson && UTF8_CHARSETS.has(charset)) return { kind: "json", text: true };
  return { kind: "text", charset, ...collationOf(column), maxBytes, large: isLarge(dataType) };
}

function collationOf({ collation }: ColumnDefinition): { readonly collation?: string } {
  return collation === null ? {} : { collation };
}

function isLarge(dataType: string): boolean {
  return /^(?:medium|long)?(?:text|blob)$/.test(dataType);
}
