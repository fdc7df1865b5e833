/**
 * Finds the documents of a multi-get answer in its bytes, without making anything of their sources: what the index holds is compared as it is, and no digit of a number passes
 * through a float.
 *
 *     {"docs":[{"_index":"orders","_id":"1","_version":7,"_seq_no":3,"_primary_term":1,"found":true,"_source":{…}},{"_index":"orders","_id":"2","found":false},…]}
 */
import { TailraceError } from "../../core/errors.ts";

/** A document as an answer tells of it. */
export interface FoundDocument {
  readonly kind: "document";
  /** A view of the answer. */
  readonly source: Buffer;
  readonly version: bigint;
  /** What it was routed by; null = its id. */
  readonly routing: string | null;
  /** Grows with every write of the document; with the term it tells one state of the document from another. */
  readonly seqNo: number;
  readonly primaryTerm: number;
}

/** What an index holds at a place. */
export type HeldDocument =
  | FoundDocument
  | { readonly kind: "none" }
  | { readonly kind: "no index" };

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const HEAD = Buffer.from('{"docs":[');

/** The documents of an answer in the order in which they were asked for. Throws BULK_UNREACHABLE for what is no such answer, BULK_OVERLOADED when a document could not be read now. */
export function parseGetAnswer(body: Buffer): readonly HeldDocument[] {
  if (!body.subarray(0, HEAD.length).equals(HEAD)) throw notUnderstood();
  const documents: HeldDocument[] = [];
  let p = HEAD.length;
  if (body[p] === CLOSE_ARRAY) return documents;
  for (;;) {
    const members = new Map<string, Span>();
    p = readMembers(body, p, members);
    documents.push(documentOf(body, members));
    if (body[p] === CLOSE_ARRAY) return documents;
    if (body[p] !== COMMA) throw notUnderstood();
    p += 1;
  }
}

/** Where a value is. A view of each, by the thousand, would keep answers in memory for longer than they are looked at. */
interface Span {
  readonly start: number;
  readonly end: number;
}

/** Notes the members of the object at `p` and returns the place behind it. */
function readMembers(b: Buffer, p: number, members: Map<string, Span>): number {
  if (b[p] !== OPEN_OBJECT) throw notUnderstood();
  if (b[p + 1] === CLOSE_OBJECT) return p + 2;
  for (;;) {
    const nameEnd = skipString(b, p + 1);
    const name = b.toString("latin1", p + 2, nameEnd - 1);
    if (b[nameEnd] !== COLON) throw notUnderstood();
    const end = skipValue(b, nameEnd + 1);
    members.set(name, { start: nameEnd + 1, end });
    if (b[end] === CLOSE_OBJECT) return end + 1;
    if (b[end] !== COMMA) throw notUnderstood();
    p = end;
  }
}

function documentOf(body: Buffer, members: ReadonlyMap<string, Span>): HeldDocument {
  const textOf = (name: string): string | undefined => {
    const span = members.get(name);
    return span && body.toString("utf8", span.start, span.end);
  };
  if (textOf("found") === "true") {
    const source = members.get("_source");
    if (source === undefined) throw noSource();
    const routing = textOf("_routing");
    return {
      kind: "document",
      source: body.subarray(source.start, source.end),
      routing: routing === undefined ? null : (JSON.parse(routing) as string),
      version: BigInt(textOf("_version") ?? "0"),
      seqNo: Number(textOf("_seq_no") ?? -1),
      primaryTerm: Number(textOf("_primary_term") ?? -1),
    };
  }
  const error = textOf("error");
  if (error === undefined) return { kind: "none" };
  const { type, reason } = JSON.parse(error) as { type?: unknown; reason?: unknown };
  if (type === "index_not_found_exception") return { kind: "no index" };
  const text = `${String(type)}: ${String(reason)}`;
  // the index is an alias of several, or closed for good: waiting does not help
  if (type === "illegal_argument_exception")
    throw new TailraceError("BULK_INDEX_UNUSABLE", `reading documents: ${text}`);
  throw new TailraceError("BULK_OVERLOADED", `reading documents: ${text}`);
}

/** The place behind the string whose opening quote is at `p`. */
function skipString(b: Buffer, p: number): number {
  if (b[p] !== QUOTE) throw notUnderstood();
  for (let end = b.indexOf(QUOTE, p + 1); end !== -1; end = b.indexOf(QUOTE, end + 1)) {
    let slashes = 0;
    while (b[end - 1 - slashes] === BACKSLASH) slashes += 1;
    if (slashes % 2 === 0) return end + 1;
  }
  throw notUnderstood();
}

/** The place behind the value at `p`, which may hold white space inside, as sources do. */
function skipValue(b: Buffer, p: number): number {
  const { length } = b;
  let depth = 0;
  for (let q = p; q < length;) {
    const byte = b[q]!;
    if (byte === QUOTE) {
      q = skipShortString(b, q);
      if (depth === 0) return q;
      continue;
    }
    if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) depth += 1;
    else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) {
      if (depth === 0) return q;
      depth -= 1;
      if (depth === 0) return q + 1;
    } else if (byte === COMMA && depth === 0) return q;
    q += 1;
  }
  throw notUnderstood();
}

/** As {@link skipString}; most strings are too short for a call out of the engine to pay. */
function skipShortString(b: Buffer, p: number): number {
  const { length } = b;
  const near = Math.min(length, p + 64);
  for (let q = p + 1; q < near; q++) {
    const byte = b[q];
    if (byte === QUOTE) return q + 1;
    if (byte === BACKSLASH) q += 1;
  }
  return skipString(b, p);
}

function notUnderstood(): TailraceError {
  return new TailraceError("BULK_UNREACHABLE", "reading documents: the answer is not understood");
}

function noSource(): TailraceError {
  return new TailraceError(
    "BULK_INDEX_UNUSABLE",
    "reading documents: the index does not keep their source (_source is disabled)",
  );
}
