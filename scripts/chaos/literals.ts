import type { Random } from "../support/random.ts";

/** A text as a literal of SQL. */
export function text(value: string): string {
  return `'${value.replaceAll("\\", "\\\\").replaceAll("'", "''")}'`;
}

/** A random decimal with so many digits before the point and behind it. */
export function number(random: Random, whole: number, fraction: number): string {
  const digits = (length: number): string =>
    Array.from({ length }, () => random.integer(0, 9)).join("");
  return `${random.chance(0.3) ? "-" : ""}${random.integer(0, 9)}${digits(random.integer(0, whole - 1))}.${digits(fraction)}`;
}

/** A row of a VALUES list. */
export function values(literals: readonly (string | number)[]): string {
  return `(${literals.join(", ")})`;
}
