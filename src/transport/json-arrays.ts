import { Ascii, parseString, RecordFault, skipName, skipSpace, skipValue } from "./json-scanner.ts";

/** Where the first element of the array at `p`, which is valid JSON, begins; -1 when it has none. Throws a RecordFault when it is no array. */
export function firstElement(b: Buffer, p: number, end: number): number {
  if (b[p] !== Ascii.OPEN_ARRAY) throw new RecordFault("no array", p);
  const q = skipSpace(b, p + 1, end);
  return b[q] === Ascii.CLOSE_ARRAY ? -1 : q;
}

/** Where the element behind the one that ends at `p` begins; -1 when there is none. */
export function nextElement(b: Buffer, p: number, end: number): number {
  const q = skipSpace(b, p, end);
  return q < end && b[q] === Ascii.COMMA ? skipSpace(b, q + 1, end) : -1;
}

/** The strings of the array at `p`, which is valid JSON; none where another value is. */
export function parseStrings(b: Buffer, p: number, end: number): string[] {
  if (p < 0 || b[p] !== Ascii.OPEN_ARRAY) return [];
  const strings: string[] = [];
  for (let q = firstElement(b, p, end); q >= 0;) {
    const behind = skipValue(b, q, end);
    if (b[q] === Ascii.QUOTE) strings.push(parseString(b, q, behind));
    q = nextElement(b, behind, end);
  }
  return strings;
}

/** A member's name and the place of its value. */
export interface MemberPlace {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

/** The members of the object at `p`, which is valid JSON, in their order; none where another value is. For what is read once a definition, not once a row. */
export function listMembers(b: Buffer, p: number, end: number): MemberPlace[] {
  const members: MemberPlace[] = [];
  if (p < 0 || b[p] !== Ascii.OPEN_OBJECT) return members;
  let q = skipSpace(b, p + 1, end);
  while (b[q] === Ascii.QUOTE) {
    const start = skipName(b, q, end);
    let close = start - 1;
    while (b[close] !== Ascii.QUOTE) close--;
    const behind = skipValue(b, start, end);
    members.push({ name: parseString(b, q, close + 1), start, end: behind });
    q = nextElement(b, behind, end);
    if (q < 0) break;
  }
  return members;
}
