import { ID_SCRATCH_BYTES } from "../core/action-writer.ts";
import type { RowLayout } from "../core/row-layout.ts";
import { KEY_HELPERS, keySource, walkSource } from "../core/row-source.ts";
import {
  boundSource,
  columnsSource,
  type DocumentCode,
  type GeneratedSource,
} from "./document-source.ts";
import type { DocumentPlan } from "./plan.ts";
import { unchangedSource } from "./unchanged-source.ts";

/**
 * Generates the source of the encoder of a rule that only copies columns, for one layout. Three functions (b, p, end, w) → p, loops over rows, of this shape:
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
export function generatePlainEncoder(
  plan: DocumentPlan,
  layout: RowLayout,
  id: readonly number[],
): GeneratedSource {
  const constants: Record<string, unknown> = {
    ...KEY_HELPERS,
    beforeId: Buffer.allocUnsafeSlow(ID_SCRATCH_BYTES),
  };
  const code: DocumentCode = { columns: plan.columns, layout, constants };
  const unchanged = unchangedSource(plan.usedColumns, layout);
  return {
    code: `"use strict";
function rowEnd(b, p, end) { ${walkSource(layout, layout.columns.length, () => null)} if (p > end) overrun(); return p; }
function writeId(b, p, end, out) { let o = 0; ${keySource(layout, id)} return o; }
function writeDocument(b, p, end, out, o) { ${columnsSource(code)} out[o++] = 125; w_p = p; return o; }
${unchanged.declaration}
let w_p = 0;
function insert(b, p, end, w) {
  while (p < end) {
    const idLength = writeId(b, p, end, w.id);
    ${indexRow(code, "p")}
    p = w_p;
  }
  return p;
}
function update(b, p, end, w) {
  while (p < end) {
    const after = rowEnd(b, p, end);
    ${unchanged.test("p", "p = rowEnd(b, after, end);")}
    const id = w.id;
    const beforeLength = writeId(b, p, end, beforeId);
    let idLength = writeId(b, after, end, id);
    if (!sameId(id, idLength, beforeLength)) {
      id.set(beforeId.subarray(0, beforeLength));
      if (!w.delete(beforeLength)) { s.reason = "room"; return p; }
      idLength = writeId(b, after, end, id);
    }
    ${indexRow(code, "after")}
    p = w_p;
  }
  return p;
}
function sameId(id, length, beforeLength) {
  if (length !== beforeLength) return false;
  for (let i = 0; i < length; i++) if (id[i] !== beforeId[i]) return false;
  return true;
}
function remove(b, p, end, w) {
  while (p < end) {
    const next = rowEnd(b, p, end);
    if (!w.delete(writeId(b, p, end, w.id))) { s.reason = "room"; return p; }
    p = next;
  }
  return p;
}
return { insert, update, delete: remove, purge: remove, rowEnd };
`,
    constants,
  };
}

/** Opens the index action of the row at `row`, writes the document, finishes; leaves `w_p` behind the row. */
function indexRow(code: DocumentCode, row: string): string {
  return `${boundSource(code, row)}
    const slot = w.index(idLength, bound);
    if (slot === null) { s.reason = "room"; return p; }
    const o = writeDocument(b, ${row}, end, slot.bytes, slot.length);
    if (w_p > end) overrun();
    w.finish(slot, o);`;
}
