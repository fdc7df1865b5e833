/** A value that a condition or a constant may have in a configuration. */
export type Scalar = string | number | bigint | boolean | null;

/**
 * A rule as it is written: what becomes of the rows of the tables that it matches. Either `query` says which fields and which rows, or (the long form) the
 * members from `include` to `where`, which mean the same as a query.
 */
export interface RuleOptions {
  /** Names the rule in messages, metrics and commands; unique. */
  readonly name: string;
  /** `database.table`, canonical spelling of `parseTablePattern`; with `query` what stands behind FROM. */
  readonly table: string;
  /** Index name, in which `{expression}` is filled in for each row. */
  readonly index: string;
  /** The document id: columns whose values make it, in this order, or a text with `{expression}`; absent = the primary key. */
  readonly id?: readonly string[] | string | undefined;
  /** The routing value: a text with `{expression}`; NULL and "" = none. */
  readonly routing?: string | undefined;
  /** The ingest pipeline. */
  readonly pipeline?: string | undefined;

  /** `SELECT … FROM … WHERE …`. */
  readonly query?: string | undefined;
  /** Only these columns become fields; absent = all that are not hidden. */
  readonly include?: readonly string[] | undefined;
  readonly exclude?: readonly string[] | undefined;
  /** Field names by column name. */
  readonly rename?: Readonly<Record<string, string>> | undefined;
  /** What a column's value becomes, by column name. */
  readonly types?: Readonly<Record<string, FieldCast>> | undefined;
  /** Fields that are the same in every document. */
  readonly constants?: Readonly<Record<string, Scalar>> | undefined;
  /** Only rows for which this is true have a document: a condition, or the values that columns may have (a list: one of them; null: NULL). */
  readonly where?: string | Readonly<Record<string, Scalar | readonly Scalar[]>> | undefined;

  /** Rows for which this condition is true have none (soft delete). */
  readonly deleteWhen?: string | undefined;
  /** Path of a script that has the last word on each document. */
  readonly transform?: string | undefined;
  /** DECIMAL as a number or a string; `auto`: a number up to 15 digits, which a double holds exactly. */
  readonly decimals: "auto" | "number" | "string";
  /** Update only the rule's fields of documents that have other writers. */
  readonly upsert: boolean;
  /** With `upsert`, when a row goes: delete the document, or set the rule's fields to null. */
  readonly onDelete: "delete" | "clear";
  /** What references in the rule's texts stood for: shown nowhere. */
  readonly secrets?: readonly string[] | undefined;
  /** Definitions of fields in the mapping by field name, in Elasticsearch's words. */
  readonly mapping?: Readonly<Record<string, Readonly<Record<string, unknown>>>> | undefined;
}

/** Casts of the long form: each is an expression, `list` that of `split(column, ',')`. */
export type FieldCast =
  | "string"
  | "integer"
  | "number"
  | "boolean"
  | "date"
  | "list"
  | "json"
  | { readonly list: string };
