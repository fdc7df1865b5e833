import { isPrimary } from "./constant.ts";
import { TRUTH, type SqlType } from "./sql-type.ts";
import type { Scope, Typed } from "./typed.ts";

/** What is being compiled: a `Call` is one. */
export interface Place {
  readonly at: number;
  readonly scope: Scope;
}

/** What {@link applyStrict} makes. */
export interface StrictResult {
  readonly type: SqlType;
  /** The body itself may give null (division by zero). */
  readonly mayBeNull?: boolean;
  /** Arguments behind one that is NULL are evaluated, too: an error in them is not hidden (`+ - * %` of integers and doubles). */
  readonly evaluatesAll?: boolean;
}

/**
 * A function that is NULL if one of its arguments is. They are evaluated in order until one is NULL, as most functions of MySQL do; `body` makes the source of the result from
 * sources of values that are not NULL, each of which may stand in it any number of times.
 */
export function applyStrict(
  args: readonly Typed[],
  place: Place,
  result: StrictResult,
  body: (...sources: readonly string[]) => string,
): Typed {
  const bound = bindArguments(args, place.scope, result.evaluatesAll === true);
  const value = body(...bound.names);
  return {
    type: result.type,
    isNullable: bound.isNull !== null || result.mayBeNull === true,
    source: join(bound.steps, bound.isNull === null ? value : `${bound.isNull} ? null : ${value}`),
    at: place.at,
  };
}

/** {@link applyStrict} for truth values: `body` makes a JavaScript condition. */
export function applyTest(
  args: readonly Typed[],
  place: Place,
  body: (...sources: readonly string[]) => string,
): Typed {
  const { steps, names, isNull } = bindArguments(args, place.scope, false);
  const condition = `(${body(...names)})`;
  const value = `${condition} ? 1 : 0`;
  return {
    type: TRUTH,
    isNullable: isNull !== null,
    source: join(steps, isNull === null ? value : `${isNull} ? null : ${value}`),
    test: join(steps, isNull === null ? condition : `!(${isNull}) && ${condition}`),
    at: place.at,
  };
}

/** A value as a name that may stand any number of times; `step`, if any, must have been evaluated before. It may be null. */
export function bindValue(
  value: Typed,
  scope: Scope,
): { readonly step: string | null; readonly name: string } {
  if (isPrimary(value.source)) return { step: null, name: value.source };
  const name = scope.temporary();
  return { step: `${name} = ${value.source}`, name };
}

interface BoundArguments {
  /** To be evaluated first. */
  readonly steps: readonly string[];
  readonly names: readonly string[];
  /** A condition that holds if an argument is NULL, evaluating those before it; null = none can be. */
  readonly isNull: string | null;
}

function bindArguments(
  args: readonly Typed[],
  scope: Scope,
  evaluatesAll: boolean,
): BoundArguments {
  const steps: string[] = [];
  const names: string[] = [];
  const nulls: string[] = [];
  for (const argument of args) {
    const { step, name } = bindValue(argument, scope);
    const isFirst = nulls.length === 0;
    names.push(name);
    if (!argument.isNullable) {
      if (step === null) continue;
      if (isFirst || evaluatesAll) steps.push(step);
      // behind one that may be NULL, and never null itself
      else nulls.push(`(${step}) === null`);
    } else if (step === null) {
      nulls.push(name === "null" ? "true" : `${name} === null`);
    } else if (evaluatesAll) {
      steps.push(step);
      nulls.push(`${name} === null`);
    } else {
      nulls.push(`(${step}) === null`);
    }
  }
  return { steps, names, isNull: nulls.length === 0 ? null : nulls.join(" || ") };
}

function join(steps: readonly string[], value: string): string {
  return `(${[...steps, value].join(", ")})`;
}
