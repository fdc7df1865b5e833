import type { ColumnValue } from "../core/sql-value.ts";
import type { Place } from "./apply.ts";
import { constantOf } from "./constant.ts";
import { createScope, type CodeScope } from "./scope.ts";
import { RowError, type Typed } from "./typed.ts";

/**
 * Compiles what is made of values that are all known to its own value. Where MySQL has an error for it, the source that throws is left, for only a row that is evaluated may raise it
 * (`if(a, 1, 9223372036854775807 + 1)`). With a value that is not known, the same as `compile(args, place)`.
 */
export function fold<P extends Place>(
  args: readonly Typed[],
  place: P,
  compile: (args: readonly Typed[], place: P) => Typed,
): Typed {
  if (args.length === 0 || args.some((argument) => argument.constant === undefined)) {
    const compiled = compile(args, place);
    const isFailing = args.some(({ alwaysFails }) => alwaysFails);
    return isFailing && args.every(isKnown) ? { ...compiled, alwaysFails: true } : compiled;
  }
  const scope = createScope({
    column: () => undefined,
    fail: (_code, at, why) => place.scope.refuse(at, why),
  });
  const known = args.map(({ type, constant, at, notNumber }) => ({
    ...constantOf(type, constant?.value ?? null, at, scope),
    ...(notNumber !== undefined && { notNumber }),
  }));
  const typed = compile(known, { ...place, scope });
  // what has another value elsewhere stays what it is
  if (
    typed.realDate !== undefined ||
    typed.integer !== undefined ||
    typed.json !== undefined ||
    typed.chosen !== undefined
  ) {
    return compile(args, place);
  }
  try {
    const folded = constantOf(typed.type, evaluate(typed.source, scope), typed.at, place.scope);
    const { notNumber } = typed;
    const value = notNumber === undefined ? folded : { ...folded, notNumber };
    if (typed.text === undefined) return value;
    const { type, source, at } = typed.text;
    return { ...value, text: constantOf(type, evaluate(source, scope), at, place.scope) };
  } catch (error) {
    if (error instanceof RowError) return { ...compile(args, place), alwaysFails: true };
    throw error;
  }
}

function isKnown({ constant, alwaysFails }: Typed): boolean {
  return constant !== undefined || alwaysFails === true;
}

function evaluate(source: string, scope: CodeScope): ColumnValue | null {
  const variables = scope.temporaries.length === 0 ? "" : `let ${scope.temporaries.join(", ")};`;
  const code = `"use strict"; ${variables} return ${source};`;
  // oxlint-disable-next-line typescript/no-implied-eval -- our own source: texts are in it as JSON literals only
  const run = new Function(...Object.keys(scope.bindings), code);
  return run(...Object.values(scope.bindings)) as ColumnValue | null;
}
