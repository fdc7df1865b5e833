/**
 * MariaDB's UUID, INET4 and INET6. Row images hold their bytes in the order of the text (a UUID's in no other, whatever order its table keeps), less
 * zero bytes at the end.
 */

/** Bytes that a value's JSON takes at most. */
export const UUID_INET_JSON_BOUND = 48;

const QUOTE = 0x22;
const COLON = 0x3a;
const HYPHEN = 0x2d;
const DIGITS = Buffer.from("0123456789abcdef");

/** Writes a UUID as `"123e4567-e89b-12d3-a456-426655440000"`. */
export function writeUuid(b: Buffer, p: number, length: number, out: Buffer, o: number): number {
  out[o++] = QUOTE;
  for (let i = 0; i < 16; i++) {
    if (i === 4 || i === 6 || i === 8 || i === 10) out[o++] = HYPHEN;
    const byte = i < length ? b[p + i]! : 0;
    out[o++] = DIGITS[byte >> 4]!;
    out[o++] = DIGITS[byte & 15]!;
  }
  out[o++] = QUOTE;
  return o;
}

/** Writes an INET4 as `"192.0.2.1"`. */
export function writeInet4(b: Buffer, p: number, length: number, out: Buffer, o: number): number {
  const bytes = Array.from({ length: 4 }, (_, i) => (i < length ? b[p + i]! : 0));
  return o + out.write(`"${bytes.join(".")}"`, o, "latin1");
}

const WORDS = 8;
const words = new Uint16Array(WORDS);

/**
 * Writes an INET6 as the server prints it: words without leading zeros in lower case, the first of the longest runs of zero words as `::` (one word
 * is a run), and the last four bytes with dots behind 96 zero bits or 80 and ffff.
 */
export function writeInet6(b: Buffer, p: number, length: number, out: Buffer, o: number): number {
  for (let i = 0; i < WORDS; i++) {
    const high = 2 * i < length ? b[p + 2 * i]! : 0;
    const low = 2 * i + 1 < length ? b[p + 2 * i + 1]! : 0;
    words[i] = (high << 8) | low;
  }
  const [from, to] = longestGap();
  const hasDots = from === 0 && (to === 6 || (to === 5 && words[5] === 0xffff));
  out[o++] = QUOTE;
  for (let i = 0; i < WORDS;) {
    if (i === from) {
      out[o++] = COLON;
      out[o++] = COLON;
      i = to;
    } else if (i === 6 && hasDots) {
      if (to !== 6) out[o++] = COLON;
      const [third, fourth] = [words[6]!, words[7]!];
      const parts = [third >> 8, third & 0xff, fourth >> 8, fourth & 0xff];
      o += out.write(parts.join("."), o, "latin1");
      i = WORDS;
    } else {
      if (i > 0 && i !== to) out[o++] = COLON;
      o += out.write(words[i]!.toString(16), o, "latin1");
      i += 1;
    }
  }
  out[o++] = QUOTE;
  return o;
}

/** The first of the longest runs of zero words: [from, to), or [-1, -1] without one. */
function longestGap(): readonly [number, number] {
  let best: readonly [number, number] = [-1, -1];
  for (let i = 0; i < WORDS; i++) {
    let end = i;
    while (end < WORDS && words[end] === 0) end += 1;
    if (end - i > best[1] - best[0]) best = [i, end];
    i = Math.max(i, end);
  }
  return best;
}
