/**
 * A column's value as expressions work on it, by the kind of its type; SQL NULL is null.
 *
 * | column | value |
 * | --- | --- |
 * | TINYINT … INT, YEAR | number |
 * | BIGINT, BIT, SET (a bit mask) | bigint |
 * | DECIMAL(p, s) | bigint: the value times 10^s |
 * | FLOAT, DOUBLE | number; of a FLOAT the double that equals it |
 * | DATE, TIME, DATETIME, TIMESTAMP (in UTC) | {@link Moment} |
 * | CHAR, VARCHAR, TEXT types, UUID, INET | string |
 * | BINARY, VARBINARY, BLOB types | Uint8Array, a view that is valid as long as the row is |
 * | ENUM | number: its ordinal, 0 for the invalid value |
 * | JSON | {@link JsonValue} |
 */
export type ColumnValue = number | bigint | Moment | string | Uint8Array | JsonValue;

/** A date, a time or both, as MySQL stores it: zero and partial dates included. What a type lacks is 0. */
export interface Moment {
  /** 0 to 9999. */
  readonly year: number;
  /** 0 to 12. */
  readonly month: number;
  /** 0 to 31. */
  readonly day: number;
  /** Of a TIME 0 to 838. */
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  /** 0 to 999,999. */
  readonly microsecond: number;
  /** Of a TIME below zero. */
  readonly isNegative: boolean;
}

/**
 * A JSON value as MySQL holds it. Numbers keep the text that MySQL prints, because an integer, a decimal and a double are different there (`1`, `1.0`,
 * `1e20`); members keep MySQL's order (by length of the key, then by its bytes).
 */
export type JsonValue =
  | { readonly kind: "null" }
  | { readonly kind: "boolean"; readonly value: boolean }
  | { readonly kind: "number"; readonly text: string }
  | { readonly kind: "string"; readonly value: string }
  | { readonly kind: "array"; readonly items: readonly JsonValue[] }
  | { readonly kind: "object"; readonly members: ReadonlyMap<string, JsonValue> };
