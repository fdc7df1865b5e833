/** What follows a backslash in a string and stands for something else; a backslash before `%` and `_` stays, for LIKE. */
const ESCAPES: Readonly<Record<string, string>> = {
  "0": "\0",
  b: "\b",
  n: "\n",
  r: "\r",
  t: "\t",
  Z: "\u001a",
  "%": "\\%",
  _: "\\_",
};

/**
 * The string whose opening quote is at `at`, with escapes and doubled quotes resolved (https://dev.mysql.com/doc/refman/9.7/en/string-literals.html), and the
 * offset behind it; `end` is null when it is not closed.
 */
export function readQuoted(
  text: string,
  at: number,
): { readonly value: string; readonly end: number | null } {
  const quote = text[at];
  let value = "";
  for (let i = at + 1; i < text.length; i += 1) {
    const character = text[i] ?? "";
    if (character === "\\") {
      i += 1;
      const escaped = text[i] ?? "";
      value += ESCAPES[escaped] ?? escaped;
    } else if (character !== quote) value += character;
    else if (text[i + 1] === quote) {
      value += quote;
      i += 1;
    } else return { value, end: i + 1 };
  }
  return { value, end: null };
}

/** Bytes of hex digits; an odd one in front stands for a half. */
export function decodeHex(digits: string): Uint8Array {
  return Uint8Array.from(Buffer.from(digits.length % 2 === 1 ? `0${digits}` : digits, "hex"));
}

/** Bytes of binary digits, filled with zeros in front. */
export function decodeBits(digits: string): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(digits.length / 8));
  const padded = digits.padStart(bytes.length * 8, "0");
  for (let i = 0; i < bytes.length; i += 1) {
    bytes[i] = Number.parseInt(padded.slice(i * 8, i * 8 + 8), 2);
  }
  return bytes;
}
