/** What a reviver of JSON.parse is told about a primitive value (ECMAScript "JSON.parse source text access"). */
interface ReviverContext {
  readonly source?: string;
}

/**
 * JSON.parse that loses no digits: an integer outside ±(2^53-1) becomes a bigint, and another number with more than 15 significant digits
 * that prints differently from its source becomes that source as a string.
 */
export function parseLossless(text: string): unknown {
  return JSON.parse(text, (_key, value: unknown, context?: ReviverContext) => {
    const source = context?.source;
    if (typeof value !== "number" || source === undefined || String(value) === source) return value;
    if (/^-?\d+$/.test(source)) return Number.isSafeInteger(value) ? value : BigInt(source);
    const digits = source
      .replace(/e.*$/i, "")
      .replaceAll(/[-.]/g, "")
      .replace(/^0+/, "")
      .replace(/0+$/, "");
    return digits.length > 15 ? source : value;
  });
}
