import type { FieldType } from "../core/target-field.ts";

/**
 * The type of an expression as MySQL infers it when the statement is prepared, and with it the form of its values in compiled code (null is always SQL NULL):
 *
 * | kind | value |
 * | --- | --- |
 * | `null` | always null |
 * | `integer` | number where `isSmall`, else bigint; within BIGINT or BIGINT UNSIGNED |
 * | `decimal` | bigint: the value times 10^`frac` |
 * | `double` | number, finite |
 * | `text` | string |
 * | `bytes` | Uint8Array: a binary string |
 * | `date` `time` `datetime` | Moment |
 * | `json` | JsonValue |
 * | `enum` | number: the ordinal |
 * | `set` | bigint: the bit mask |
 * | `opaque` | what no expression takes but NULL tests: any value that is not null |
 * | `field` | JSON text as a string: what only documents have (lists, points, objects) |
 */
export type SqlType =
  | { readonly kind: "null" }
  | IntegerType
  | DecimalType
  | DoubleType
  | TextType
  | BytesType
  | { readonly kind: "date" }
  | { readonly kind: "time"; readonly fraction: number }
  | { readonly kind: "datetime"; readonly fraction: number }
  | { readonly kind: "json" }
  | {
      readonly kind: "enum" | "set";
      readonly members: readonly string[];
      readonly collation: Collation | null;
    }
  | { readonly kind: "opaque"; readonly name: string }
  | { readonly kind: "field"; readonly field: FieldType };

/** A whole number. */
export interface IntegerType {
  readonly kind: "integer";
  readonly isUnsigned: boolean;
  /** Every value is a safe integer: compiled code has it as a number. */
  readonly isSmall: boolean;
  /** Most digits that a value has, sign aside; what MySQL calls the precision. */
  readonly digits: number;
  /** Numbers of the type stand for TRUE and FALSE: the results of comparisons and the literals. */
  readonly isTruth?: true;
  /** The size of the column that it is; absent where it is computed or a literal, which is BIGINT to MySQL. */
  readonly bytes?: 1 | 2 | 3 | 4;
  /** Found by comparing strings: as a string it has the collation by which they were compared, which is not known here. */
  readonly isOfText?: true;
  /** A column of type YEAR: as text four digits, `0000`. */
  readonly isYear?: true;
  /** A column of type BIT, of this many bits: as text the bytes. */
  readonly bits?: number;
}

/** An exact number. */
export interface DecimalType {
  readonly kind: "decimal";
  readonly precision: number;
  /** Digits behind the point that are shown, and that the type has for others. */
  readonly scale: number;
  /** It came of an unsigned number (`%`), and so the quotient of DIV is one. */
  readonly isUnsigned?: true;
  /** Digits behind the point that values carry in compiled code; more than `scale` where MySQL computes with more than it shows (quotients). */
  readonly frac: number;
}

/** A DOUBLE. */
export interface DoubleType {
  readonly kind: "double";
  /** Shown in a SELECT's list as a FLOAT: six digits. */
  readonly isFloat?: true;
  /** Most characters that it has as a string in functions (columns: of DOUBLE 24, of FLOAT 12, and then six digits there, too); absent = 22, what is computed. */
  readonly textWidth?: number;
  /** A column's or a literal's value: clamped where it is too great for an integer; what is computed has an error there. */
  readonly isClamped?: true;
}

/** A character string. */
export interface TextType {
  readonly kind: "text";
  readonly collation: Collation | null;
  /** How strongly the collation holds against another, 0 (COLLATE) to 6 (NULL), as in the manual's "Collation Coercibility". */
  readonly coercibility: number;
  readonly maxCharacters: number;
  /** Every value has characters of ASCII alone: what is made of numbers, and literals. */
  readonly isAscii?: true;
}

/** A binary string. */
export interface BytesType {
  readonly kind: "bytes";
  readonly maxBytes: number;
  /** `x'00ff'` and `b'01'`, which are unsigned integers where a number is wanted. */
  readonly isHexLiteral?: true;
  /** Against a character string: as that of a {@link TextType}; absent = 2, or 4 of what is known when compiling. */
  readonly coercibility?: number;
}

/** A collation; null where the source does not tell a column's: then nothing may be compared by it. */
export interface Collation {
  /** As the server names it. */
  readonly name: string;
  readonly charset: string;
}

/** The collation of literals and of what functions make of other types: our session's. */
export const SESSION_COLLATION: Collation = { name: "utf8mb4_0900_ai_ci", charset: "utf8mb4" };

/** TRUE and FALSE: 1 and 0. */
export const TRUTH = {
  kind: "integer",
  isUnsigned: false,
  isSmall: true,
  digits: 1,
  isTruth: true,
} as const satisfies SqlType;

/** BIGINT, as a bigint. */
export const BIGINT = {
  kind: "integer",
  isUnsigned: false,
  isSmall: false,
  digits: 19,
} as const satisfies SqlType;

/** BIGINT UNSIGNED, as a bigint. */
export const BIGINT_UNSIGNED = {
  kind: "integer",
  isUnsigned: true,
  isSmall: false,
  digits: 20,
} as const satisfies SqlType;

/** DOUBLE with as many digits as a value needs. */
export const DOUBLE = { kind: "double" } as const satisfies SqlType;

/** A signed integer that is a number in compiled code, of at most so many digits (15 or fewer): lengths, parts of dates. */
export function smallInteger(digits: number): IntegerType {
  return { kind: "integer", isUnsigned: false, isSmall: true, digits };
}

/** A character string in the session's collation that holds as a literal's does: what functions make of other types. */
export function sessionText(maxCharacters: number): TextType {
  return { kind: "text", collation: SESSION_COLLATION, coercibility: 4, maxCharacters };
}
