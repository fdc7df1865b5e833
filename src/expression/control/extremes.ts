import { applyStrict } from "../apply.ts";
import type { Call, SqlFunction } from "../functions.ts";
import { compareMoments } from "../temporal/moment.ts";
import { compareStrings } from "../text/compare.ts";
import { mergeStrings } from "../text/merge.ts";
import type { Typed } from "../typed.ts";
import { isString } from "./compare.ts";
import { computedType, mergeValues } from "./merge.ts";

/**
 * `GREATEST` and `LEAST`: as strings if one is a string (of equal ones the last), else by the type that all have together (GREATEST the last, LEAST the first). NULL if one is. Dates with strings are refused.
 */
export function extreme(which: "greatest" | "least"): SqlFunction {
  return {
    arity: [2, 64],
    compile(values, call) {
      const { scope, at } = call;
      const present = values.filter(({ type }) => type.kind !== "null");
      const isTemporal = ({ type }: Typed): boolean =>
        ["date", "time", "datetime"].includes(type.kind);
      if (present.some(isTemporal) && !present.every(isTemporal)) {
        scope.refuse(at, `${which} of dates or times and other values; cast them to one type`);
      }
      if (present.some(({ type }) => type.kind === "json")) scope.refuse(at, `${which} of JSON`);
      if (present.some((value) => isString(value) && !isTemporal(value)))
        return ofTexts(which, values, call);
      for (const value of present) refuseComputed(value, call);
      const { type, args } = mergeValues(values, call, false);
      const sign = which === "greatest" ? "<=" : ">";
      const compare = present.some(isTemporal) ? scope.bind(compareMoments) : null;
      const chosen = applyStrict(args, call, { type: computedType(type) }, (...names) =>
        fold(names, call, (a, b) =>
          compare === null ? `${a} ${sign} ${b}` : `${compare}(${a}, ${b}) ${sign} 0`,
        ),
      );
      if (type.kind === "date" || type.kind === "datetime")
        return {
          ...chosen,
          isChosenDate: true,
          notTemporal: `${which} of dates as a date; CAST it`,
        };
      return type.kind === "decimal" ? { ...chosen, hasOwnDigits: true } : chosen;
    },
  };
}

/** Whether a computed date with zero parts is NULL here depends on the function that computed it. */
function refuseComputed({ type, isColumn, constant, at }: Typed, { name, scope }: Call): void {
  const isDate = type.kind === "date" || type.kind === "datetime";
  if (isDate && isColumn !== true && constant === undefined) {
    scope.refuse(at, `${name} of computed dates; write CASE WHEN a > b THEN a ELSE b END`);
  }
}

function ofTexts(which: "greatest" | "least", values: readonly Typed[], call: Call): Typed {
  const { scope } = call;
  const merged = mergeStrings(values, call, "comparison");
  const collations = values.map(({ type }) => {
    if (type.kind === "text") return type.collation?.name ?? "";
    return ["bytes", "enum", "set"].includes(type.kind) ? type.kind : null;
  });
  if (new Set(collations.filter((each) => each !== null)).size > 1) {
    scope.refuse(call.at, `${which} of strings of several collations; CONVERT them to one`);
  }
  if (collations.some((each) => each !== null && each !== "bytes" && !each.endsWith("bin"))) {
    scope.refuse(
      call.at,
      `${which} of strings that may be equal and yet differ; COLLATE them by their bytes`,
    );
  }
  const { type } = mergeValues(values, call);
  const sign = which === "greatest" ? "<=" : ">";
  const text = applyStrict(merged.args, call, { type }, (...names) =>
    fold(names, call, (a, b) => {
      const pair = [a, b].map((source, index) => {
        const { constant: _, ...rest } = merged.args[index]!;
        return { ...rest, source, isNullable: false };
      });
      return `${compareStrings({ ...merged, args: pair }, scope).order} ${sign} 0`;
    }),
  );
  return {
    ...text,
    notNumber: `${which} of strings as a number, for which MySQL compares them as numbers; cast them`,
  };
}

/** The last of the names that `isAfter` (the second takes the first's place) leaves. */
function fold(
  names: readonly string[],
  call: Call,
  isAfter: (a: string, b: string) => string,
): string {
  const best = call.scope.temporary();
  const rounds = names.slice(1).map((name) => `(${isAfter(best, name)}) && (${best} = ${name})`);
  return `(${[`${best} = ${names[0]}`, ...rounds, best].join(", ")})`;
}
