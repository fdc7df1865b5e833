/** Arguments of JSON functions. */
import type { JsonValue } from "../../core/sql-value.ts";
import { applyStrict, type StrictResult } from "../apply.ts";
import { constantOf } from "../constant.ts";
import type { Call } from "../functions.ts";
import type { SqlType } from "../sql-type.ts";
import type { Scope, Typed } from "../typed.ts";
import { toJsonValue } from "./convert.ts";
import { isMany, parsePath, type JsonPath } from "./path.ts";

/** The type of JSON results. */
export const JSON_TYPE = { kind: "json" } as const satisfies SqlType;

const NULL_VALUE: JsonValue = { kind: "null" };

/** A literal path; null where it is NULL. Refuses others: what they are must be known, and so that they are right. */
export function literalPath(path: Typed, scope: Scope): JsonPath | null {
  const { constant } = path;
  if (path.type.kind === "null" || constant?.value === null) return null;
  if (typeof constant?.value !== "string") return scope.refuse(path.at, "a path must be a literal");
  return parsePath(constant.value) ?? scope.refuse(path.at, `no path of JSON: ${constant.value}`);
}

/** A literal path to one place; null where it is NULL. */
export function placePath(path: Typed, scope: Scope): JsonPath | null {
  const parsed = literalPath(path, scope);
  if (parsed !== null && isMany(parsed)) {
    scope.refuse(path.at, "a path with * or ** or a range is an error here");
  }
  return parsed;
}

/** An item of a document that SQL NULL becomes null in. */
export function toItem(value: Typed, scope: Scope): Typed {
  const json = toJsonValue(value, scope);
  if (!json.isNullable) return json;
  const { constant: _, ...rest } = json;
  return { ...rest, isNullable: false, source: `(${json.source} ?? ${scope.bind(NULL_VALUE)})` };
}

/** A strict function of JSON values: NULL if one of them is. */
export function jsonFunction(
  args: readonly Typed[],
  call: Call,
  result: StrictResult,
  run: (...values: never[]) => unknown,
): Typed {
  return applyStrict(
    args,
    call,
    result,
    (...sources) => `${call.scope.bind(run)}(${sources.join(", ")})`,
  );
}

/** NULL of a type. */
export function nullOf(type: SqlType, call: Call): Typed {
  return constantOf(type, null, call.at, call.scope);
}
