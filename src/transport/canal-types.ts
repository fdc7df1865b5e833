import type { JsonRow } from "../core/json-row.ts";
import type { Column } from "../core/schema.ts";
import { columnSqlType } from "../core/sql-type.ts";

/** `java.sql.Types`, and what Canal makes of a value: above half of an unsigned type's range it names the next larger type. */
export interface JdbcType {
  readonly type: number;
  /** Of values greater than `limit`, decimal digits. */
  readonly above?: { readonly limit: string; readonly type: number };
  /** Of NULL, where that is another. */
  readonly ofNull?: number;
}

const JDBC = {
  BIT: -7,
  TINYINT: -6,
  SMALLINT: 5,
  INTEGER: 4,
  BIGINT: -5,
  REAL: 7,
  DOUBLE: 8,
  DECIMAL: 3,
  CHAR: 1,
  VARCHAR: 12,
  DATE: 91,
  TIME: 92,
  TIMESTAMP: 93,
  BLOB: 2004,
  CLOB: 2005,
  OTHER: 1111,
} as const;

const INTEGERS = {
  1: { type: JDBC.TINYINT, above: { limit: "127", type: JDBC.SMALLINT } },
  2: { type: JDBC.SMALLINT, above: { limit: "32767", type: JDBC.INTEGER } },
  3: { type: JDBC.INTEGER },
  4: { type: JDBC.INTEGER, above: { limit: "2147483647", type: JDBC.BIGINT } },
  8: { type: JDBC.BIGINT, above: { limit: "9223372036854775807", type: JDBC.DECIMAL } },
} as const;

/** What Canal writes as a column's `sqlType` (`LogEventConvert` and `RowsLogBuffer` of Canal 1.1.8, and its records). */
export function jdbcType(column: Column): JdbcType {
  const { type } = column;
  switch (type.kind) {
    case "integer":
      return type.unsigned ? INTEGERS[type.bytes] : { type: INTEGERS[type.bytes].type };
    case "decimal":
      return { type: JDBC.DECIMAL };
    case "float":
      return { type: JDBC.REAL };
    case "double":
      return { type: JDBC.DOUBLE };
    case "bit":
      return { type: JDBC.BIT };
    case "date":
      return { type: JDBC.DATE };
    case "time":
      return { type: JDBC.TIME };
    case "datetime":
    case "timestamp":
      return { type: JDBC.TIMESTAMP };
    case "text": {
      const name = columnSqlType(column);
      if (name.startsWith("char")) return { type: JDBC.CHAR };
      return { type: name.startsWith("varchar") ? JDBC.VARCHAR : JDBC.CLOB };
    }
    case "enum":
      return { type: JDBC.INTEGER };
    case "set":
      return { type: JDBC.BIT, ofNull: JDBC.BLOB };
    case "json":
      return type.text ? { type: JDBC.CLOB } : { type: JDBC.VARCHAR, ofNull: JDBC.OTHER };
    case "binary":
    case "geometry":
    case "vector":
      return { type: JDBC.BLOB };
    default:
      return { type: JDBC.VARCHAR };
  }
}

/** Is the number of these decimal digits greater than `limit`? */
export function exceeds(digits: string, limit: string): boolean {
  return digits.length === limit.length ? digits > limit : digits.length > limit.length;
}

/** The type of a value, whose text in a document is given: null = NULL. */
export function jdbcTypeOf(jdbc: JdbcType, text: string | null | undefined): number {
  if (text === null) return jdbc.ofNull ?? jdbc.type;
  const { above } = jdbc;
  return above !== undefined && text !== undefined && exceeds(text, above.limit)
    ? above.type
    : jdbc.type;
}

/** The columns that records show: those that the server keeps for itself are left out. */
export function shownColumns(columns: readonly Column[]): readonly number[] {
  return columns.flatMap((column, index) => (column.hidden === true ? [] : [index]));
}

/** The record's `sqlType` for a row as JSON texts. */
export function sqlTypesOf(columns: readonly Column[], row: JsonRow): string {
  const members = shownColumns(columns).map((index) => {
    const column = columns[index]!;
    return `${JSON.stringify(column.name)}:${jdbcTypeOf(jdbcType(column), row[index])}`;
  });
  return `{${members.join(",")}}`;
}
