/** Arguments of JSON functions. */
import type { JsonValue } from "../../core/sql-value.ts";
import { applyStrict, type StrictResult } from "../apply.ts";
import { constantOf } from "../constant.ts";
import type { Call } from "../functions.ts";
import type { SqlType } from "../sql-type.ts";
import type { Scope, Typed } from "../typed.ts";
import { toDocument, toJsonValue } from "./convert.ts";
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

/** What holds of a document because it holds of its parts: one with a date in it is none that compares as it looks; the error that one may end with. */
export function restrictionOf(parts: readonly Typed[]): Pick<Typed, "notNumber" | "raises"> {
  const notNumber = parts.find((part) => part.notNumber !== undefined)?.notNumber;
  const raises = parts.find((part) => part.raises !== undefined)?.raises;
  return {
    ...(notNumber !== undefined && { notNumber }),
    ...(raises !== undefined && { raises }),
  };
}

/** A document whose values are compared. Refuses dates in it, which are no strings to MySQL. */
export function toPlainDocument(value: Typed, scope: Scope): Typed {
  return plain(toDocument(value, scope), scope);
}

/** A value that is compared with those in a document. */
export function comparable(value: Typed, scope: Scope): Typed {
  return plain(toJsonValue({ ...value, hasAllDigits: true }, scope), scope);
}

function plain(value: Typed, scope: Scope): Typed {
  return value.notNumber === undefined
    ? value
    : scope.refuse(value.at, `${value.notNumber} or compared`);
}

/** A strict function of JSON values: NULL if one of them is. */
export function jsonFunction(
  args: readonly Typed[],
  call: Call,
  result: StrictResult,
  run: (...values: never[]) => unknown,
): Typed {
  const value = applyStrict(
    args,
    call,
    result,
    (...sources) => `${call.scope.bind(run)}(${sources.join(", ")})`,
  );
  const { notNumber, ...raises } = restrictionOf(args);
  const isJson = result.type.kind === "json" && notNumber !== undefined;
  return { ...value, ...raises, ...(isJson && { notNumber }) };
}

/** NULL of a type. */
export function nullOf(type: SqlType, call: Call): Typed {
  return constantOf(type, null, call.at, call.scope);
}
