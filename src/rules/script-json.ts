/** JSON for scripts without a number lost: what a double cannot hold is a bigint or keeps its text. */
import type { TransformDocument } from "./transform.ts";

/** ECMAScript's `JSON.rawJSON`, which TypeScript's library does not have yet. */
const rawJson = (JSON as unknown as { rawJSON: (this: void, text: string) => unknown }).rawJSON;

/** Parses a document. Integers beyond 2^53 become bigints, other numbers that a double would change raw JSON, which prints as it was. */
export function parseDocument(text: string): TransformDocument {
  return JSON.parse(text, (_key, value: unknown, context?: { source?: string }) => {
    if (typeof value !== "number" || context?.source === undefined) return value;
    const { source } = context;
    if (Number.isSafeInteger(value) && !/[.eE]/.test(source)) return value;
    if (/^-?\d+$/.test(source)) return BigInt(source);
    return significant(source) === significant(String(value)) ? value : rawJson(source);
  }) as TransformDocument;
}

/** Prints a document: bigints as numbers; nothing of one whose `toJSON` gives nothing. Throws what JSON.stringify throws. */
export function printDocument(document: TransformDocument): string {
  const text: string | undefined = JSON.stringify(document, (key, value: unknown) => {
    if (typeof value === "bigint") return rawJson(String(value));
    if (typeof value === "number" && !Number.isFinite(value))
      throw new TypeError(`${key} is ${value}, which JSON has no number for`);
    return value;
  });
  return text ?? "";
}

/** A number's sign, digits without zeros at the ends, and exponent: equal for texts of one number. */
function significant(text: string): string {
  const [, sign = "", whole = "", fraction = "", exponent = "0"] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text) ?? [];
  const digits = (whole + fraction).replace(/^0+/, "");
  const trimmed = digits.replace(/0+$/, "");
  if (trimmed === "") return "0";
  const scale = Number(exponent) - fraction.length + digits.length - trimmed.length;
  return `${sign}${trimmed}e${scale}`;
}
