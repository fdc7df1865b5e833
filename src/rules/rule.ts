/** A rule's options, as the configuration gives them: what becomes of the rows of the tables that it matches. */
export interface RuleOptions {
  readonly index: string;
  /** Columns whose values make the document id; undefined = the primary key. */
  readonly id?: readonly string[] | undefined;
  /** Only these columns become fields; undefined = all. */
  readonly include?: readonly string[] | undefined;
  /** These columns do not become fields. */
  readonly exclude?: readonly string[] | undefined;
  /** Field names by column name. */
  readonly rename?: Readonly<Record<string, string>> | undefined;
  /** DECIMAL as a number or a string; `auto`: a number up to 15 digits, which a double holds exactly. */
  readonly decimals: "auto" | "number" | "string";
}
