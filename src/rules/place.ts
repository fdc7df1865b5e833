/** Where a row says that its document goes: texts of templates, checked and written. */
import { ID_SCRATCH_BYTES } from "../core/action-writer.ts";
import { TailraceError } from "../core/errors.ts";
import type { Template } from "../query/tree.ts";

/** The parts of a template as one text, NULL when one of them is. */
export function joinTexts(...parts: readonly (string | null)[]): string | null {
  let text = "";
  for (const part of parts) {
    if (part === null) return null;
    text += part;
  }
  return text;
}

/** Characters that no name of an index may have (Elasticsearch's create index API); capital letters are among them. */
// oxlint-disable-next-line no-control-regex
const FORBIDDEN = /[\\/*?"<>| ,#:\p{Lu}\u0000-\u001f]/u;
const MAX_INDEX_BYTES = 255;

/** The names that a template gives, with `*` for what rows fill in. */
export function indexPattern(template: Template): string {
  return template
    .map((part) => (typeof part === "string" ? part : "*"))
    .join("")
    .replace(/\*+/g, "*");
}

/** Is the name one that an {@link indexPattern} gives? */
export function matchesIndex(pattern: string, name: string): boolean {
  const parts = pattern.split("*").map((part) => RegExp.escape(part));
  return new RegExp(`^${parts.join(".*")}$`, "u").test(name);
}

/** The text as the name of an index. Throws RULE_PLACE_INVALID when no index can have it. */
export function checkIndexName(name: string | null): string {
  if (name === null) throw invalid("the index name is NULL");
  const shown = JSON.stringify(name.slice(0, 100));
  if (name === "" || name === "." || name === ".." || /^[-_+]/.test(name) || FORBIDDEN.test(name))
    throw invalid(`no index can be named ${shown}`);
  if (Buffer.byteLength(name) > MAX_INDEX_BYTES)
    throw invalid(`the index name ${shown}… is longer than ${MAX_INDEX_BYTES} bytes`);
  return name;
}

/** Writes a document id, escaped for JSON, and returns its length. Throws RULE_PLACE_INVALID for NULL, nothing, and what is too long. */
export function writeIdText(id: string | null, out: Buffer): number {
  if (id === null) throw invalid("the document id is NULL");
  if (id === "") throw invalid("the document id is empty");
  return writeEscaped(id, out, "document id");
}

/** Writes a routing value, escaped for JSON, and returns its length; NULL and the empty text are none. Throws RULE_PLACE_INVALID for what is too long. */
export function writeRoutingText(routing: string | null, out: Buffer): number {
  return routing === null || routing === "" ? 0 : writeEscaped(routing, out, "routing");
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
/** Every UTF-16 unit takes six bytes at most; lengths in batches have 16 bits. */
const MAX_UNITS = Math.floor((ID_SCRATCH_BYTES - 1) / 6);

function writeEscaped(text: string, out: Buffer, what: string): number {
  if (text.length > MAX_UNITS) throw invalid(`the ${what} has ${text.length} characters`);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x20 || code > 0x7e || code === QUOTE || code === BACKSLASH)
      return out.write(JSON.stringify(text).slice(1, -1));
    out[i] = code;
  }
  return text.length;
}

function invalid(why: string): TailraceError {
  return new TailraceError("RULE_PLACE_INVALID", `${why}.`);
}
