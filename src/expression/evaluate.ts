import { TailraceError } from "../core/errors.ts";
import type { Column } from "../core/schema.ts";
import type { ColumnValue, Moment } from "../core/sql-value.ts";
import type { Expression } from "../query/tree.ts";
import { columnValue } from "./column.ts";
import { compileExpression } from "./compile.ts";
import { toText } from "./convert.ts";
import { formatJson } from "./json/format.ts";
import { shownDouble } from "./numeric/format.ts";
import { createScope, type CodeScope, type Fail } from "./scope.ts";
import type { SqlType } from "./sql-type.ts";
import { formatMoment } from "./temporal/format.ts";
import { writtenSource } from "./to-json.ts";
import type { Typed } from "./typed.ts";
import { digitsText } from "./write-digits.ts";

/** A row as its columns' values, by column index. */
export type RowValues = readonly (ColumnValue | null)[];

/** Expressions as one function over a row's values, where no row image is at hand (tests of rules, comparisons). */
export interface Evaluator<Result> {
  /** Types of the results, in order. */
  readonly types: readonly SqlType[];
  /** The results, in order, in the form of their types. Throws {@link RowError} when one of them has no value for the row. */
  readonly evaluate: (row: RowValues) => readonly Result[];
}

/** Compiles expressions over a table's columns. Throws RULE_EXPRESSION_UNSUPPORTED and RULE_COLUMN_UNKNOWN. */
export function compileEvaluator(
  expressions: readonly Expression[],
  columns: readonly Column[],
  fail: Fail = failPlainly,
): Evaluator<ColumnValue | null> {
  return assemble(expressions, columns, { fail, source: (typed) => typed.source });
}

/** The same with every result as MySQL's text protocol prints it: a string, bytes of a binary string, null for NULL. */
export function compileTextEvaluator(
  expressions: readonly Expression[],
  columns: readonly Column[],
  fail: Fail = failPlainly,
): Evaluator<string | Uint8Array | null> {
  return assemble(expressions, columns, { fail, source: (typed, scope) => textOf(typed, scope) });
}

interface Assembly {
  readonly fail: Fail;
  readonly source: (typed: Typed, scope: CodeScope) => string;
}

function assemble<Result>(
  expressions: readonly Expression[],
  columns: readonly Column[],
  { fail, source }: Assembly,
): Evaluator<Result> {
  const byName = new Map(columns.map((column, index) => [column.name.toLowerCase(), index]));
  const scope = createScope({
    fail,
    column(name) {
      const index = byName.get(name);
      if (index === undefined) return undefined;
      const column = columns[index]!;
      const value = `row[${index}]`;
      return columnValue(column, value, `(${value} === null ? null : Number(${value}))`);
    },
  });
  const compiled = expressions.map((expression) => compileExpression(expression, scope));
  const sources = compiled.map((typed) => source(typed, scope));
  const variables = scope.temporaries.length === 0 ? "" : `let ${scope.temporaries.join(", ")};`;
  const code = `"use strict"; ${variables} return (row) => [${sources.join(", ")}];`;
  const build = (): Evaluator<Result>["evaluate"] => {
    // our own source: names and literals are in it as JSON literals only
    // oxlint-disable-next-line typescript/no-implied-eval
    const factory = new Function(...Object.keys(scope.bindings), code) as (
      ...values: unknown[]
    ) => Evaluator<Result>["evaluate"];
    return factory(...Object.values(scope.bindings));
  };
  // who asks only whether an expression compiles need not pay for its code
  let run: Evaluator<Result>["evaluate"] | null = null;
  return {
    types: compiled.map((typed) => typed.type),
    evaluate: (row) => (run ??= build())(row),
  };
}

/** Source of the value as MySQL's text protocol prints it: string, Uint8Array or null; of a BIT its number. */
export function textOf(typed: Typed, scope: CodeScope): string {
  const { type, source } = typed;
  const print = (helper: (value: never) => string): string => {
    const name = scope.temporary();
    return `((${name} = ${source}) === null ? null : ${scope.bind(helper)}(${name}))`;
  };
  if (type.kind === "integer" && type.bits !== undefined) return print(String);
  // text functions see fewer digits
  if (type.kind === "double") return print(shownDouble(type));
  if (type.kind === "json") return print(formatJson);
  if (type.kind === "time") {
    return print((value: Moment) => formatMoment(value, "time", type.fraction));
  }
  const written = writtenSource(typed);
  if (written !== source && type.kind === "decimal" && typed.text === undefined) {
    const name = scope.temporary();
    return `((${name} = ${written}) === null ? null : ${scope.bind(digitsText)}(${name}, ${type.scale}))`;
  }
  switch (type.kind) {
    case "null":
    case "text":
    case "bytes":
    case "field":
      return source;
    default:
      return toText(typed, scope).source;
  }
}

function failPlainly(code: Parameters<Fail>[0], at: number, why: string): never {
  throw new TailraceError(code, `at ${at}: ${why}`);
}
