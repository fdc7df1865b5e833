import type { ColumnValue } from "../core/sql-value.ts";
import { exactly, withExact } from "./numeric/exact.ts";
import type { SqlType } from "./sql-type.ts";
import type { Scope, Typed } from "./typed.ts";

/** A value that is known when compiling, in the form of its type. */
export function constantOf(
  type: SqlType,
  value: ColumnValue | null,
  at: number,
  scope: Pick<Scope, "bind">,
): Typed {
  const source = constantSource(value, scope);
  const known = { type, isNullable: value === null, source, constant: { value }, at };
  if (type.kind === "decimal" && typeof value === "bigint") {
    const exact = exactly(value);
    if (typeof exact === "number") return withExact(known, constantSource(exact, scope));
  }
  return type.kind === "integer" && type.isTruth === true
    ? { ...known, test: value === 1 ? "true" : "false" }
    : known;
}

function constantSource(value: ColumnValue | null, scope: Pick<Scope, "bind">): string {
  if (value === null) return "null";
  switch (typeof value) {
    case "string":
      return JSON.stringify(value);
    case "bigint":
      return value < 0n ? `(${value}n)` : `${value}n`;
    case "number":
      return value < 0 || Object.is(value, -0) ? `(${numberSource(value)})` : numberSource(value);
    default:
      return scope.bind(value);
  }
}

function numberSource(value: number): string {
  return Object.is(value, -0) ? "-0" : String(value);
}

/** Is the source so cheap that it may stand twice: a name or a literal? */
export function isPrimary(source: string): boolean {
  return /^(?:[\w$]+(?:\[\d+\])?|\(-\d[\w.+-]*\)|\d+\.\d+(?:e[+-]?\d+)?|\d+e[+-]\d+|"[^"\\]{0,16}")$/.test(
    source,
  );
}
