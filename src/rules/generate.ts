import { ID_SCRATCH_BYTES } from "../core/action-writer.ts";
import type { RowLayout } from "../core/row-layout.ts";
import type { DocumentPlan, FieldPlan } from "./plan.ts";

/**
 * Generates the source of a rule's encoder for one layout. Three functions (b, p, end, w) → p, loops over rows, of this shape:
 *
 *     while (p < end) {
 *       row = p
 *       walk to the id's columns, writing them into w.id                     → idLength
 *       bound = bytes that the document may need, from the bytes of the row
 *       slot = w.index(idLength, bound); if (slot === null) return row
 *       p = row; walk all columns, writing names (constants) and values into slot
 *       w.finish(slot, o)
 *     }
 *
 * Everything that is known when compiling (column order, types, null bits, names) is a constant of the code. Names enter as bytes, never as
 * source.
 */
export function generateEncoder(plan: DocumentPlan, layout: RowLayout): GeneratedSource {
  const constants: Record<string, unknown> = { beforeId: Buffer.allocUnsafeSlow(ID_SCRATCH_BYTES) };
  const g: Generator = { plan, layout, constants };
  const code = `"use strict";
function rowEnd(b, p, end) { ${walk(g, layout.columns.length, () => null)} if (p > end) overrun(); return p; }
function writeId(b, p, end, out) { let o = 0; ${idSource(g)} return o; }
function writeDocument(b, p, end, out, o) { ${documentSource(g)} w_p = p; return o; }
let w_p = 0;
function insert(b, p, end, w) {
  while (p < end) {
    const idLength = writeId(b, p, end, w.id);
    ${indexRow(g, "p", "return p;")}
    p = w_p;
  }
  return p;
}
function update(b, p, end, w) {
  while (p < end) {
    const after = rowEnd(b, p, end);
    const id = w.id;
    const beforeLength = writeId(b, p, end, beforeId);
    let idLength = writeId(b, after, end, id);
    if (!sameBytes(id, idLength, beforeLength)) {
      id.set(beforeId.subarray(0, beforeLength));
      if (!w.delete(beforeLength)) return p;
      idLength = writeId(b, after, end, id);
    }
    ${indexRow(g, "after", "return p;")}
    p = w_p;
  }
  return p;
}
function sameBytes(id, length, beforeLength) {
  if (length !== beforeLength) return false;
  for (let i = 0; i < length; i++) if (id[i] !== beforeId[i]) return false;
  return true;
}
function remove(b, p, end, w) {
  while (p < end) {
    const next = rowEnd(b, p, end);
    if (!w.delete(writeId(b, p, end, w.id))) return p;
    p = next;
  }
  return p;
}
return { insert, update, delete: remove };
`;
  return { code, constants };
}

/** Source and the values that it names. */
export interface GeneratedSource {
  readonly code: string;
  readonly constants: Readonly<Record<string, unknown>>;
}

interface Generator {
  readonly plan: DocumentPlan;
  readonly layout: RowLayout;
  readonly constants: Record<string, unknown>;
}

/** Up to this bound a document's room is asked for by the bytes left in the event, without walking the row first. */
const CHEAP_BOUND_BYTES = 256 * 1024;
/** In tables wider than this, names are copied by a loop: V8 does not optimise functions of more than about 60 KB of bytecode. */
const MAX_UNROLLED_FIELDS = 120;

/** Opens the index action of the row at `row`, writes the document, finishes; leaves `w_p` behind the row. */
function indexRow(g: Generator, row: string, refused: string): string {
  return `let bound = ${documentBound(g)} + 6 * (end - ${row});
    if (bound > ${CHEAP_BOUND_BYTES}) bound = ${documentBound(g)} + 6 * (rowEnd(b, ${row}, end) - ${row});
    const slot = w.index(idLength, bound);
    if (slot === null) ${refused}
    const o = writeDocument(b, ${row}, end, slot.bytes, slot.length);
    if (w_p > end) overrun();
    w.finish(slot, o);`;
}

function documentBound(g: Generator): number {
  return g.plan.fields.reduce(
    (sum, field) =>
      sum + Buffer.byteLength(nameText(field)) + Math.max(4, g.layout.jsonBound(field.column)),
    16,
  );
}

/** Statements that walk the first `count` columns of a row at `p`; `visit` gives what is done with a column, or null to skip it. */
function walk(g: Generator, count: number, visit: (index: number) => ColumnVisit | null): string {
  const { layout } = g;
  const parts: string[] = [layout.begin()];
  for (let index = 0; index < count; index++) {
    const done = visit(index);
    const value = done?.value ?? layout.skip(index);
    const before = done?.before ?? "";
    if (layout.columns[index]!.nullable)
      parts.push(
        `${before} if (${layout.isNull(index)}) { ${done?.none ?? ""} } else { ${value} }`,
      );
    else parts.push(`${before} ${value}`);
  }
  return mergeSkips(parts);
}

interface ColumnVisit {
  /** Done before the value, NULL or not. */
  readonly before: string;
  /** Reads the value and moves past it. */
  readonly value: string;
  /** In place of a NULL. */
  readonly none: string;
}

/** Neighbouring skips of fixed size become one. */
function mergeSkips(parts: readonly string[]): string {
  return parts.join("\n").replace(/(?:^\s*p \+= \d+;\s*$\n?){2,}/gm, (run) => {
    const total = [...run.matchAll(/\d+/g)].reduce((sum, match) => sum + Number(match[0]), 0);
    return `p += ${total};\n`;
  });
}

function documentSource(g: Generator): string {
  const { plan, layout } = g;
  const unroll = plan.fields.length <= MAX_UNROLLED_FIELDS;
  const first = plan.fields[0];
  const fields = new Map(plan.fields.map((field) => [field.column, field]));
  const body = walk(g, layout.columns.length, (index) => {
    const field = fields.get(index);
    if (field === undefined) return null;
    const name = nameText(field).slice(field === first ? 1 : 0);
    return {
      before: unroll ? storeBytes(name) : copyConstant(g, `name${index}`, name),
      value: layout.writeJson(index, field),
      none: storeBytes("null"),
    };
  });
  return `out[o++] = 123;\n${body}\nout[o++] = 125;`;
}

/** `,"name":` with the name escaped for JSON. */
function nameText(field: FieldPlan): string {
  return `,${JSON.stringify(field.name)}:`;
}

function storeBytes(text: string): string {
  const bytes = [...Buffer.from(text)];
  return `${bytes.map((byte, i) => `out[o + ${i}] = ${byte};`).join(" ")} o += ${bytes.length};`;
}

function copyConstant(g: Generator, name: string, text: string): string {
  g.constants[name] = Buffer.from(text);
  return `for (let i = 0; i < ${name}.length; i++) out[o++] = ${name}[i];`;
}

/**
 * The id's columns, each as the text of its JSON value without quotes. Several are joined by ":", a ":" or "%" inside a part becomes %3A or %25, so
 * that no two keys give one id.
 */
function idSource(g: Generator): string {
  const { plan, layout } = g;
  g.constants["unquote"] = unquote;
  g.constants["escapePart"] = escapePart;
  const inOrder = plan.id.every((column, n) => n === 0 || column > plan.id[n - 1]!);
  const last = Math.max(...plan.id);
  const composite = plan.id.length > 1;
  const writePart = (column: number, separator: boolean): ColumnVisit => {
    const plain =
      layout.columns[column]!.type.kind === "integer" ||
      layout.columns[column]!.type.kind === "year";
    const value = layout.writeJson(column, { decimalAsString: false });
    const text = plain
      ? value
      : `{ const from = o; ${value} o = ${composite ? "escapePart" : "unquote"}(out, from, o); }`;
    return { before: "", none: "", value: separator ? `out[o++] = 58; ${text}` : text };
  };
  if (inOrder)
    return walk(g, last + 1, (index) =>
      plan.id.includes(index) ? writePart(index, index !== plan.id[0]) : null,
    );
  // key order differs from column order: one walk a part
  return plan.id
    .map(
      (column, n) =>
        `{ const start = p; { ${walk(g, column + 1, (index) => (index === column ? writePart(column, n > 0) : null))} } p = start; }`,
    )
    .join("\n");
}

/** Removes the quotes of the JSON string at bytes[from, to), if it is one; returns the new end. */
function unquote(bytes: Uint8Array, from: number, to: number): number {
  if (bytes[from] !== 0x22) return to;
  bytes.copyWithin(from, from + 1, to - 1);
  return to - 2;
}

/** Removes the quotes and replaces "%" and ":"; returns the new end. */
function escapePart(bytes: Uint8Array, from: number, to: number): number {
  let end = unquote(bytes, from, to);
  for (let i = from; i < end; i++) {
    const byte = bytes[i];
    if (byte !== 0x3a && byte !== 0x25) continue;
    bytes.copyWithin(i + 3, i + 1, end);
    bytes.set(byte === 0x3a ? [0x25, 0x33, 0x41] : [0x25, 0x32, 0x35], i);
    end += 2;
    i += 2;
  }
  return end;
}
