const GROUPS = 8;

/** The bytes of `1.2.3.4`, null where it is no address; groups may begin with zeros. */
export function parseIpv4(text: string): number[] | null {
  if (!/^\d{1,3}(?:\.\d{1,3}){3}$/.test(text)) return null;
  const bytes = text.split(".").map(Number);
  return bytes.every((byte) => byte <= 255) ? bytes : null;
}

/** The bytes of an address of IPv6, its end perhaps one of IPv4; null where it is none. */
export function parseIpv6(text: string): number[] | null {
  if (text.length < 2 || text.length > 39 || /^:(?!:)/.test(text)) return null;
  const halves = text.split("::");
  if (halves.length > 2 || (halves.length === 1 && text.endsWith(":"))) return null;
  const [head, tail] = halves.map(parseGroups);
  if (!head || tail === null) return null;
  if (tail === undefined) return head.length === 2 * GROUPS ? head : null;
  const missing = 2 * GROUPS - head.length - tail.length;
  // an address of IPv4 ends the text
  if (missing <= 0 || halves[0]!.includes(".")) return null;
  return [...head, ...Array.from({ length: missing }, () => 0), ...tail];
}

function parseGroups(text: string): number[] | null {
  if (text === "") return [];
  const groups = text.split(":");
  const bytes: number[] = [];
  for (const [i, group] of groups.entries()) {
    if (/^[\da-f]{1,4}$/i.test(group)) {
      const word = Number.parseInt(group, 16);
      bytes.push(word >> 8, word & 0xff);
      continue;
    }
    const inner = i === groups.length - 1 ? parseIpv4(group) : null;
    if (inner === null) return null;
    bytes.push(...inner);
  }
  return bytes;
}

/** The text of sixteen bytes; the first of the longest rows of zeros, be it of one group, is left out. */
export function formatIpv6(bytes: Uint8Array): string {
  const words = Array.from({ length: GROUPS }, (_, i) => (bytes[2 * i]! << 8) | bytes[2 * i + 1]!);
  const gap = longestGap(words);
  let text = "";
  for (let i = 0; i < GROUPS; i++) {
    const isIpv4 =
      i === 6 && gap.start === 0 && (gap.length === 6 || (gap.length === 5 && words[5] === 0xffff));
    if (gap.length > 0 && i === gap.start) {
      text += i === 0 ? "::" : ":";
      i += gap.length - 1;
    } else if (isIpv4) {
      return text + bytes.slice(12).join(".");
    } else {
      text += words[i]!.toString(16) + (i === GROUPS - 1 ? "" : ":");
    }
  }
  return text;
}

function longestGap(words: readonly number[]): { readonly start: number; readonly length: number } {
  let gap = { start: -1, length: 0 };
  let start = 0;
  for (let i = 0; i <= words.length; i++) {
    if (i < words.length && words[i] === 0) continue;
    if (i - start > gap.length) gap = { start, length: i - start };
    start = i + 1;
  }
  return gap;
}
