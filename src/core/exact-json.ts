/** A number of a JSON text as it is written there: no digit is lost. */
export class JsonNumber {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  toJSON(): unknown {
    return `number ${this.text}`;
  }
}

/** How a field's value is compared: digit by digit, or as numbers of single or double precision, whose shortest text is not unique. */
export type Comparison = "exact" | "float" | "double";

/** What a reviver of JSON.parse is told about a primitive value (ECMAScript "JSON.parse source text access"). */
interface ReviverContext {
  readonly source?: string;
}

/** JSON.parse with every number as a {@link JsonNumber}. Throws SyntaxError. */
export function parseExact(text: string): unknown {
  return JSON.parse(text, (_key, value: unknown, context?: ReviverContext) =>
    typeof value === "number" ? new JsonNumber(context?.source ?? String(value)) : value,
  );
}

/** Do two values from {@link parseExact} mean the same? The order of an object's keys does not count. */
export function isSameJson(a: unknown, b: unknown, comparison: Comparison = "exact"): boolean {
  if (a instanceof JsonNumber)
    return b instanceof JsonNumber && isSameNumber(a.text, b.text, comparison);
  if (a === null || b === null || typeof a !== "object" || typeof b !== "object") return a === b;
  if (b instanceof JsonNumber) return false;
  if (Array.isArray(a) || Array.isArray(b)) {
    if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
    return a.every((item, i) => isSameJson(item, b[i], comparison));
  }
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every(
    (key) =>
      Object.hasOwn(b, key) &&
      isSameJson(
        (a as Record<string, unknown>)[key],
        (b as Record<string, unknown>)[key],
        comparison,
      ),
  );
}

/** Digits that identify any double. */
const DOUBLE_DIGITS = 17;

function isSameNumber(a: string, b: string, comparison: Comparison): boolean {
  if (a === b) return true;
  if (comparison === "float") return Math.fround(Number(a)) === Math.fround(Number(b));
  if (comparison === "double") return Number(a) === Number(b);
  const [left, right] = [decimalOf(a), decimalOf(b)];
  if (left.digits === right.digits && left.exponent === right.exponent)
    return left.digits === "0" || left.negative === right.negative;
  // A double inside a JSON column: two texts may stand for the same one.
  const isDouble = /[.e]/i.test(a) && /[.e]/i.test(b);
  const isShort = left.digits.length <= DOUBLE_DIGITS && right.digits.length <= DOUBLE_DIGITS;
  return isDouble && isShort && Number(a) === Number(b);
}

/** A number's text as digits without zeros at either end, times a power of ten. */
function decimalOf(text: string): { negative: boolean; digits: string; exponent: number } {
  const match = /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/i.exec(text);
  if (match === null) throw new Error(`not a number of JSON: ${text}`);
  const [, sign, whole = "", fraction = "", power = "0"] = match;
  const digits = (whole + fraction).replace(/^0+/, "");
  const significant = digits.replace(/0+$/, "");
  if (significant === "") return { negative: false, digits: "0", exponent: 0 };
  const exponent = Number(power) - fraction.length + digits.length - significant.length;
  return { negative: sign === "-", digits: significant, exponent };
}

/** The JSON text of a value from {@link parseExact}, without losing a digit. */
export function printExact(value: unknown): string {
  if (value instanceof JsonNumber) return value.text;
  if (Array.isArray(value)) return `[${value.map(printExact).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const members = Object.entries(value).map(
    ([key, inner]) => `${JSON.stringify(key)}:${printExact(inner)}`,
  );
  return `{${members.join(",")}}`;
}
