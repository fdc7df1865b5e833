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
}

/**
 * A function that is NULL if one of its arguments is. All arguments are evaluated, in order, as MySQL does, so that an error in one is not hidden by NULL in another; `body` makes
 * the source of the result from sources of values that are not NULL, each of which may stand in it any number of times.
 */
export function applyStrict(
  args: readonly Typed[],
  place: Place,
  result: StrictResult,
  body: (...sources: readonly string[]) => string,
): Typed {
  const { steps, names, nulls } = bindArguments(args, place.scope);
  const value = body(...names);
  const tested = nulls.length === 0 ? value : `${nulls.join(" || ")} ? null : ${value}`;
  return {
    type: result.type,
    isNullable: nulls.length > 0 || result.mayBeNull === true,
    source: `(${[...steps, tested].join(", ")})`,
    at: place.at,
  };
}

/** {@link applyStrict} for truth values: `body` makes a JavaScript condition. */
export function applyTest(
  args: readonly Typed[],
  place: Place,
  body: (...sources: readonly string[]) => string,
): Typed {
  const { steps, names, nulls } = bindArguments(args, place.scope);
  const condition = body(...names);
  const value = `${condition} ? 1 : 0`;
  const tested = nulls.length === 0 ? value : `${nulls.join(" || ")} ? null : ${value}`;
  const present = nulls.length === 0 ? condition : `!(${nulls.join(" || ")}) && ${condition}`;
  return {
    type: TRUTH,
    isNullable: nulls.length > 0,
    source: `(${[...steps, tested].join(", ")})`,
    test: `(${[...steps, present].join(", ")})`,
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

function bindArguments(args: readonly Typed[], scope: Scope): BoundArguments {
  const steps: string[] = [];
  const names: string[] = [];
  const nulls: string[] = [];
  for (const argument of args) {
    const { step, name } = bindValue(argument, scope);
    if (step !== null) steps.push(step);
    names.push(name);
    if (argument.isNullable) nulls.push(name === "null" ? "true" : `${name} === null`);
  }
  return { steps, names, nulls };
}

interface BoundArguments {
  readonly steps: readonly string[];
  readonly names: readonly string[];
  /** Conditions that hold if an argument is NULL. */
  readonly nulls: readonly string[];
}
