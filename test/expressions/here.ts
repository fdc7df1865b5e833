import type { Column } from "../../src/core/schema.ts";
import { TailraceError } from "../../src/core/errors.ts";
import { compileTextEvaluator, type RowValues } from "../../src/expression/evaluate.ts";
import type { SqlType } from "../../src/expression/sql-type.ts";
import { RowError } from "../../src/expression/typed.ts";
import { parseExpression } from "../../src/query/expression.ts";

/** What we make of an expression: a refusal, or its type and its text for each row; a number is the error of that row, an Error a fault of ours. */
export type Ours =
  | { readonly refusal: string }
  | {
      readonly type: SqlType;
      readonly values: readonly (string | Uint8Array | null | number | Error)[];
    };

/** Compiles an expression and evaluates it for the rows. */
export function evaluateHere(
  sql: string,
  columns: readonly Column[],
  rows: readonly RowValues[],
): Ours {
  try {
    const { types, evaluate } = compileTextEvaluator(
      [parseExpression(sql, "expression")],
      columns,
      refuse,
    );
    return { type: types[0]!, values: rows.map((row) => evaluateRow(evaluate, row)) };
  } catch (error) {
    if (error instanceof Refusal) return { refusal: error.message };
    if (error instanceof TailraceError) return { refusal: `parser: ${error.message}` };
    const fault = error instanceof Error ? error : new Error(String(error));
    return { type: { kind: "null" }, values: rows.map(() => fault) };
  }
}

class Refusal extends Error {}

function refuse(_code: string, _at: number, why: string): never {
  throw new Refusal(why);
}

function evaluateRow(
  evaluate: (row: RowValues) => readonly (string | Uint8Array | null)[],
  row: RowValues,
): string | Uint8Array | null | number | Error {
  try {
    return evaluate(row)[0]!;
  } catch (error) {
    if (error instanceof RowError) return error.errno;
    return error instanceof Error ? error : new Error(String(error));
  }
}
