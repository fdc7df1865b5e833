import { ID_SCRATCH_BYTES } from "../core/action-writer.ts";
import type { RowLayout } from "../core/row-layout.ts";
import { KEY_HELPERS, keySource, storeSource, walkSource } from "../core/row-source.ts";
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
  const constants: Record<string, unknown> = {
    ...KEY_HELPERS,
    beforeId: Buffer.allocUnsafeSlow(ID_SCRATCH_BYTES),
  };
  const g: Generator = { plan, layout, constants };
  const code = `"use strict";
function rowEnd(b, p, end) { ${walkSource(layout, layout.columns.length, () => null)} if (p > end) overrun(); return p; }
function writeId(b, p, end, out) { let o = 0; ${keySource(layout, plan.id)} return o; }
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

function documentSource(g: Generator): string {
  const { plan, layout } = g;
  const unroll = plan.fields.length <= MAX_UNROLLED_FIELDS;
  const first = plan.fields[0];
  const fields = new Map(plan.fields.map((field) => [field.column, field]));
  const body = walkSource(layout, layout.columns.length, (index) => {
    const field = fields.get(index);
    if (field === undefined) return null;
    const name = nameText(field).slice(field === first ? 1 : 0);
    return {
      before: unroll ? storeSource(name) : copyConstant(g, `name${index}`, name),
      value: layout.writeJson(index, field),
      none: storeSource("null"),
    };
  });
  return `out[o++] = 123;\n${body}\nout[o++] = 125;`;
}

/** `,"name":` with the name escaped for JSON. */
function nameText(field: FieldPlan): string {
  return `,${JSON.stringify(field.name)}:`;
}

function copyConstant(g: Generator, name: string, text: string): string {
  g.constants[name] = Buffer.from(text);
  return `for (let i = 0; i < ${name}.length; i++) out[o++] = ${name}[i];`;
}
