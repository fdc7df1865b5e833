import type { Column, TableSchema } from "./schema.ts";

/** How a column's value is written. */
export type ValueForm = DocumentForm | CanalForm;

/** As in documents. */
export interface DocumentForm {
  readonly dialect?: "document";
  /** DECIMAL as a JSON string instead of a number. */
  readonly decimalAsString: boolean;
}

/**
 * As Canal writes values into its flat JSON: every value a string. Numbers as MySQL prints them but FLOAT and DOUBLE as Java does (`1.1E-300`), ENUM as
 * its ordinal and SET as its bit mask, dates as they are stored, zero ones too, bytes (of geometries SRID and WKB) as Latin-1 text, JSON as the text that
 * MySQL prints. Writes up to eight times its bytes in the row instead of six.
 */
export interface CanalForm {
  readonly dialect: "canal";
  /** ENUM and SET as labels instead. */
  readonly enumLabels: boolean;
}

/**
 * How the rows of one table lie in memory, as JavaScript source: what a rule's encoder is compiled from. The binlog's row images are one
 * layout, a row read by SELECT another; rules never know which.
 *
 * The generated source works on these variables: `b` the row's bytes (Buffer), `p` the place in it (number), `out` the buffer written to,
 * `o` the place in it. Helpers are bound under their names. Names and literals may enter the source only as JSON literals.
 */
export interface RowLayout {
  readonly columns: readonly Column[];
  /** Functions and tables that the source below names, complete once it was asked for. */
  readonly helpers: Readonly<Record<string, unknown>>;
  /** Statements at a row's start; after them `p` stands on the first column. They may declare variables that begin with `r_`. */
  begin(): string;
  /** An expression: is column `index` NULL in this row? */
  isNull(index: number): string;
  /** Statements that move `p` past a NULL. Absent = a NULL takes no room. */
  skipNull?(): string;
  /** An expression: is column `index` told of this row? One that is not may look like NULL. Absent = every column of every row is told. */
  isTold?(index: number): string;
  /** An expression on `b` of an update: is the image before told? One that is not is the image after once more. Absent = it always is. */
  hasBefore?(): string;
  /** Statements that move `p` past column `index`, which is not NULL. */
  skip(index: number): string;
  /** Statements that write column `index`, which is not NULL, as a JSON value at `o` and move `p` and `o` past it. */
  writeJson(index: number, form: ValueForm): string;
  /**
   * Statements that read column `index`, which is not NULL, into the declared variable `into`, in its form of {@link ColumnValue}, and move `p` past it.
   * Throws RULE_EXPRESSION_UNSUPPORTED for types that expressions do not take (geometry, vector).
   */
  readValue(index: number, into: string): string;
  /** The same with a DECIMAL of up to 15 digits as a number times 10^scale, never -0. Absent = {@link readValue} does. */
  readNumber?(index: number, into: string): string;
  /**
   * Statements that note where the text of column `index`, which is not NULL, lies: at `b[from]`, `length` bytes of UTF-8; both are declared variables, and `p` stays. Null for what is
   * no such text. Absent = none is.
   */
  noteText?(index: number, from: string, length: string): string | null;
  /**
   * The body of a function `(b, p, q, end)`: are these columns (in ascending order) the same in the row images of one update, that before at `p` and that
   * after at `q`? Null where that cannot be told; then every update counts as a change.
   */
  sameColumns(indices: readonly number[]): string | null;
  /** A bound in bytes: column `index` never writes more than this plus six times its bytes in the row (in Canal's form eight times). Absent = as in documents. */
  jsonBound(index: number, form?: ValueForm): number;
}

/** One definition of a table as the stream shows it: a schema and where its values lie. Compared by identity. */
export interface TableVersion {
  readonly schema: TableSchema;
  readonly layout: RowLayout;
}
