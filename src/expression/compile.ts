import type { CallExpression, Expression } from "../query/tree.ts";
import { compileCase } from "./control/case.ts";
import { compileCast } from "./control/cast.ts";
import { CONTROL_FUNCTIONS } from "./control/functions.ts";
import { HELPER_FUNCTIONS } from "./documents/functions.ts";
import { fold } from "./fold.ts";
import type { FunctionTable, SqlFunction } from "./functions.ts";
import { JSON_FUNCTIONS } from "./json/functions.ts";
import { compileLiteral } from "./literal.ts";
import { NUMERIC_FUNCTIONS } from "./numeric/functions.ts";
import { compileCollate } from "./text/collate.ts";
import { TEXT_FUNCTIONS } from "./text/functions.ts";
import { TEMPORAL_FUNCTIONS } from "./temporal/functions.ts";
import type { Scope, Typed } from "./typed.ts";
import { UNSUPPORTED_FUNCTIONS } from "./unsupported.ts";

const TABLES: readonly FunctionTable[] = [
  CONTROL_FUNCTIONS,
  NUMERIC_FUNCTIONS,
  TEXT_FUNCTIONS,
  TEMPORAL_FUNCTIONS,
  JSON_FUNCTIONS,
  HELPER_FUNCTIONS,
];

const FUNCTIONS: ReadonlyMap<string, SqlFunction> = new Map(
  TABLES.flatMap((table) => Object.entries(table)),
);

const UNSUPPORTED: ReadonlyMap<string, string> = new Map(
  UNSUPPORTED_FUNCTIONS.flatMap(({ names, why }) =>
    names.map((name): [string, string] => [name, `${name}: ${why}`]),
  ),
);

/** Functions that leave the character set of a known number as it is. */
const PARTS = new Set("upper ucase lower lcase substr substring mid left right".split(" "));

/** Names of all functions and operators, for messages and documentation. */
export const FUNCTION_NAMES: readonly string[] = [...FUNCTIONS.keys()];

/**
 * Compiles an expression to JavaScript with the meaning that MySQL gives it (session: `time_zone = '+00:00'`, default `sql_mode`, `utf8mb4`). Throws
 * RULE_EXPRESSION_UNSUPPORTED and RULE_COLUMN_UNKNOWN with the place.
 */
export function compileExpression(expression: Expression, scope: Scope): Typed {
  switch (expression.kind) {
    case "literal":
      return compileLiteral(expression, scope);
    case "column":
      return { ...scope.column(expression.name, expression.at), isColumn: true };
    case "call":
      return compileCall(expression, scope);
    case "case":
      return compileCase(expression, scope, compilePart);
    case "cast":
      return fold(
        [compilePart(expression.argument, scope)],
        { at: expression.at, scope },
        ([argument], place) => compileCast(argument as Typed, expression, place.scope),
      );
    case "collate":
      return compileCollate(compilePart(expression.argument, scope), expression, scope);
    case "interval":
      return scope.refuse(expression.at, "an INTERVAL stands in date arithmetic only");
  }
}

/** An expression within another. Refuses what may end with an error, for whether it is evaluated at all depends on what MySQL makes of the whole. */
function compilePart(expression: Expression, scope: Scope): Typed {
  const part = compileExpression(expression, scope);
  if (part.alwaysFails === true) {
    scope.refuse(
      part.at,
      "it is an error for every row that evaluates it, and MySQL may do so for every row",
    );
  }
  return part.raises === undefined
    ? part
    : scope.refuse(part.at, `${part.raises}, and so stands by itself only`);
}

function compileCall(expression: CallExpression, scope: Scope): Typed {
  const { name, at, arguments: written } = expression;
  const unsupported = UNSUPPORTED.get(name);
  if (unsupported !== undefined) return scope.refuse(at, unsupported);
  const definition = FUNCTIONS.get(name);
  if (definition === undefined) return scope.refuse(at, `there is no function ${name} here`);
  const [least, most] = definition.arity;
  if (written.length < least || written.length > most) {
    const expected = least === most ? `${least}` : `${least} to ${most}`;
    scope.refuse(at, `${name} takes ${expected} arguments, not ${written.length}`);
  }
  const args = written.map((argument) =>
    compilePart(argument.kind === "interval" ? argument.count : argument, scope),
  );
  const [first] = args;
  if (PARTS.has(name) && first?.type.kind === "double" && first.constant !== undefined) {
    scope.refuse(at, `${name} of a DOUBLE literal, which is bytes in JSON; write it as a string`);
  }
  return fold(args, { name, at, scope, written }, (known, call) => definition.compile(known, call));
}
