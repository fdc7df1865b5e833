import type { Column, TableSchema } from "./schema.ts";

/** How a column's value is written where a type leaves a choice. */
export interface ValueForm {
  /** DECIMAL as a JSON string instead of a number. */
  readonly decimalAsString: boolean;
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
  /** Functions and tables that the source below names. */
  readonly helpers: Readonly<Record<string, unknown>>;
  /** Statements at a row's start; after them `p` stands on the first column. They may declare variables that begin with `r_`. */
  begin(): string;
  /** An expression: is column `index` NULL in this row? */
  isNull(index: number): string;
  /** Statements that move `p` past column `index`, which is not NULL. */
  skip(index: number): string;
  /** Statements that write column `index`, which is not NULL, as a JSON value at `o` and move `p` and `o` past it. */
  writeJson(index: number, form: ValueForm): string;
  /** A bound in bytes: column `index` never writes more than this plus six times its bytes in the row. */
  jsonBound(index: number): number;
}

/** One definition of a table as the stream shows it: a schema and where its values lie. Compared by identity. */
export interface TableVersion {
  readonly schema: TableSchema;
  readonly layout: RowLayout;
}
