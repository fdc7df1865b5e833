import { TailraceError } from "../core/errors.ts";
import { type TableSchema, tableName } from "../core/schema.ts";
import { columnValue } from "../expression/column.ts";
import { compileExpression } from "../expression/compile.ts";
import { toText } from "../expression/convert.ts";
import { type CodeScope, createScope } from "../expression/scope.ts";
import type { Typed } from "../expression/typed.ts";
import type { Rule } from "../query/rule.ts";
import { placeError } from "../query/rule-text-error.ts";
import type { Expression, SelectItem } from "../query/tree.ts";

/** A compiled expression and the columns whose values its source takes, as `v0`, `v1`… */
export interface CompiledExpression {
  readonly typed: Typed;
  readonly columns: ReadonlySet<number>;
}

/** Compiles the expressions of one rule over one table's columns into one scope, and notes which columns each of them takes. */
export class RuleCompiler {
  readonly scope: CodeScope;
  readonly #rule: Rule;
  readonly #schema: TableSchema;
  /** By name in lower case: names of columns have no case. */
  readonly #byName: ReadonlyMap<string, number>;
  #columns = new Set<number>();
  /** Whose text is being compiled. */
  #node: Expression | SelectItem | null = null;

  constructor(rule: Rule, schema: TableSchema) {
    this.#rule = rule;
    this.#schema = schema;
    this.#byName = new Map(
      schema.columns.map((column, index) => [column.name.toLowerCase(), index]),
    );
    this.scope = createScope({
      column: (name) => {
        const index = this.#byName.get(name);
        if (index === undefined) return undefined;
        const column = schema.columns[index]!;
        this.#columns.add(index);
        return columnValue(column, `v${index}`, `n${index}`);
      },
      fail: (code, at, why) => {
        throw this.#error(code, at, why);
      },
    });
  }

  /** Compiles an expression; `node` is the one by which the rule knows its text. Throws RULE_* with the place. */
  compile(expression: Expression, node: Expression | SelectItem): CompiledExpression {
    return this.#noting(node, () => compileExpression(expression, this.scope));
  }

  /** Source of the expression's value as a string or null, as MySQL's CAST AS CHAR has it. */
  compileText(expression: Expression): { source: string; columns: ReadonlySet<number> } {
    const { typed, columns } = this.#noting(expression, () =>
      toText(compileExpression(expression, this.scope), this.scope),
    );
    return { source: typed.source, columns };
  }

  /** Index of a column that an item names. Throws RULE_COLUMN_UNKNOWN with the place. */
  columnIndex(name: string, at: number, item: SelectItem): number {
    const index = this.#byName.get(name.toLowerCase());
    if (index !== undefined) return index;
    this.#node = item;
    throw this.#error("RULE_COLUMN_UNKNOWN", at, `there is no column ${name}`);
  }

  /** Index of a column that a list names. Throws RULE_COLUMN_UNKNOWN. */
  namedColumn(name: string, place: string): number {
    const index = this.#byName.get(name.toLowerCase());
    if (index !== undefined) return index;
    throw new TailraceError(
      "RULE_COLUMN_UNKNOWN",
      `${place}: there is no column ${name}; the table has ${this.#names()}.`,
    );
  }

  #noting(node: Expression | SelectItem, compile: () => Typed): CompiledExpression {
    const columns = new Set<number>();
    this.#columns = columns;
    this.#node = node;
    try {
      return { typed: compile(), columns };
    } catch (error) {
      // parsers of what stands in literals: JSON, regular expressions
      if (!(error instanceof RangeError)) throw error;
      throw this.#error("RULE_EXPRESSION_UNSUPPORTED", 0, "a literal is nested too deeply");
    }
  }

  #error(code: "RULE_COLUMN_UNKNOWN" | "RULE_EXPRESSION_UNSUPPORTED", at: number, why: string) {
    const table = tableName(this.#schema);
    const has = code === "RULE_COLUMN_UNKNOWN" ? `; ${table} has ${this.#names()}` : "";
    const text = this.#node === null ? undefined : this.#rule.texts.get(this.#node);
    return text === undefined
      ? new TailraceError(code, `${this.#rule.options.name}: ${table}: ${why}${has}`)
      : placeError(code, text, at, `${why}${has}`);
  }

  #names(): string {
    return this.#schema.columns.map(({ name }) => name).join(", ");
  }
}
