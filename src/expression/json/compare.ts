/** Equality and containment of JSON values. */
import type { JsonValue } from "../../core/sql-value.ts";

/** Are they equal? Numbers by their value, whatever their types are. */
export function isEqual(a: JsonValue, b: JsonValue): boolean {
  switch (a.kind) {
    case "null":
      return b.kind === "null";
    case "boolean":
      return b.kind === "boolean" && a.value === b.value;
    case "number":
      return b.kind === "number" && (a.text === b.text || canonical(a.text) === canonical(b.text));
    case "string":
      return b.kind === "string" && a.value === b.value;
    case "array":
      return (
        b.kind === "array" &&
        a.items.length === b.items.length &&
        a.items.every((item, i) => isEqual(item, b.items[i]!))
      );
    case "object":
      return (
        b.kind === "object" &&
        a.members.size === b.members.size &&
        Array.from(a.members).every(([name, member]) => {
          const other = b.members.get(name);
          return other !== undefined && isEqual(member, other);
        })
      );
  }
}

/** JSON_CONTAINS: does `target` contain `candidate`? */
export function contains(target: JsonValue, candidate: JsonValue): boolean {
  if (target.kind === "object") {
    return (
      candidate.kind === "object" &&
      Array.from(candidate.members).every(([name, member]) => {
        const own = target.members.get(name);
        return own !== undefined && contains(own, member);
      })
    );
  }
  if (target.kind !== "array") return isEqual(target, candidate);
  const wanted = candidate.kind === "array" ? candidate.items : [candidate];
  return wanted.every((item) => target.items.some((own) => containsItem(own, item)));
}

/** Is it an item itself, or in an item that is an array? */
function containsItem(own: JsonValue, item: JsonValue): boolean {
  if (own.kind === "array" || own.kind === item.kind) return contains(own, item);
  return false;
}

/** JSON_OVERLAPS: have they an item or a member in common? */
export function overlaps(a: JsonValue, b: JsonValue): boolean {
  if (a.kind === "object" && b.kind === "object") {
    return Array.from(a.members).some(([name, member]) => {
      const other = b.members.get(name);
      return other !== undefined && isEqual(member, other);
    });
  }
  if (b.kind === "array") {
    const items = a.kind === "array" ? a.items : [a];
    return items.some((item) => isMember(item, b));
  }
  return isMember(b, a);
}

/** MEMBER OF: is it an item of the array, or equal to what is no array? */
export function isMember(value: JsonValue, array: JsonValue): boolean {
  return array.kind === "array"
    ? array.items.some((item) => isEqual(item, value))
    : isEqual(array, value);
}

/** One text for one number: digits without zeros around them, and where the point is. */
function canonical(text: string): string {
  const [, sign = "", whole = "", fraction = "", exponent = "0"] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text)!;
  const digits = `${whole}${fraction}`.replace(/^0+/, "");
  const trimmed = digits.replace(/0+$/, "");
  if (trimmed === "") return "0";
  const scale = fraction.length - Number(exponent) - (digits.length - trimmed.length);
  return `${sign}${trimmed}e${-scale}`;
}
