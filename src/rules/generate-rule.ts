import { ID_SCRATCH_BYTES } from "../core/action-writer.ts";
import type { RowLayout } from "../core/row-layout.ts";
import { KEY_HELPERS, keySource, stepsSource, walkSource } from "../core/row-source.ts";
import {
  boundSource,
  columnsSource,
  type DocumentCode,
  type GeneratedSource,
} from "./document-source.ts";
import { checkIndexName, writeIdText, writeRoutingText } from "./place.ts";
import { behindLast, declareValues, expressionSource, reading } from "./expression-source.ts";
import { type DocumentPlan, placeColumns } from "./plan.ts";
import { isRowError, isUntold, untold } from "./row-failure.ts";
import { unchangedSource } from "./unchanged-source.ts";

/** What else an encoder is generated from. */
export interface RuleCode {
  readonly plan: DocumentPlan;
  readonly layout: RowLayout;
  /** A script has the last word on each document. */
  readonly hasScript: boolean;
}

/**
 * Generates the source of the encoder of a rule with conditions, expressions, a place by row, or a script. The same three functions as the plain one, of this shape for each row:
 *
 *     isPresent   reads the columns of the conditions; a row that has no document is skipped at once
 *     place       writes id and routing into w, aims w at the row's index
 *     put         reads the columns of the expressions, evaluates them, asks w for room, copies columns, writes the expressions' values
 *
 * An update is judged by both its images:
 *
 *     | before | after |                                                                            |
 *     | ------ | ----- | -------------------------------------------------------------------------- |
 *     | in     | out   | delete at the place before                                                 |
 *     | out    | in    | the whole document                                                         |
 *     | in     | in    | the document; when id, index or routing moved, first a delete at the place before |
 *     | out    | out   | nothing                                                                    |
 *
 * Rows that were out write nothing when they are deleted: a purge of rows that never had documents would cost as much as one of rows that have. What such a delete could
 * still find are documents from before a change of the rule's conditions, and of those the answer to the reload says that the table must be loaded again. When in doubt
 * (the condition has no value for the image before) a row was in: a delete too many is harmless, for it carries its version.
 * The place before that is none (NULL, an error) never held a document, for the same rule would have refused to write there. Where a source does not tell the columns that a
 * delete must know, the row fails; where it tells no image before, the row was in, at the place that it has behind the update.
 *
 * The encoder stops at a row for want of room, for an index that is not open, or because the row fails; `s` then says why.
 */
export function generateRuleEncoder(rule: RuleCode): GeneratedSource {
  const { plan, layout } = rule;
  const constants: Record<string, unknown> = {
    ...KEY_HELPERS,
    ...plan.scope.bindings,
    beforeId: Buffer.allocUnsafeSlow(ID_SCRATCH_BYTES),
    beforeRouting: Buffer.allocUnsafeSlow(ID_SCRATCH_BYTES),
    writeIdText,
    writeRoutingText,
    checkIndexName,
    isRowError,
    isUntold,
    untold,
  };
  const code: DocumentCode = { columns: plan.columns, layout, constants };
  const unchanged = unchangedSource(plan.usedColumns, layout);
  const { temporaries } = plan.scope;
  return {
    code: `"use strict";
let w_p = 0, w_id = -1, a_name = null, a_target = null, before_p = -1${temporaries.map((name) => `, ${name}`).join("")};
function rowEnd(b, p, end) { ${walkSource(layout, layout.columns.length, () => null)} if (p > end) overrun(); return p; }
${presentSource(plan, layout)}
${placeSource(plan, layout)}
${unchanged.declaration}
${rule.hasScript ? scriptPutSource(code, plan) : putSource(code, plan)}
${dropSource(plan, constants)}
${moveSource(plan, layout)}
function fail(b, row, end, w, error, isUpdate) {
  if (!isRowError(error)) throw error;
  s.reason = "failed";
  s.error = error;
  s.id = w_id < 0 ? null : JSON.parse('"' + w.id.toString("utf8", 0, w_id) + '"');
  s.next = rowEnd(b, isUpdate ? rowEnd(b, row, end) : row, end);
  return row;
}
function insert(b, row, end, w) {
  try {
    while (row < end) {
      w_id = -1;
      ${whenAbsent(plan, "row", "counts.filtered++; row = w_p; continue;")}
      const idLength = place(b, row, end, w, false);
      if (idLength < 0 || !put(b, row, end, w, idLength)) return row;
      row = w_p;
    }
    return row;
  } catch (error) { return fail(b, row, end, w, error, false); }
}
function update(b, row, end, w) {
  try {
    while (row < end) {
      w_id = -1;
      const after = rowEnd(b, row, end);
      ${unchanged.test("row", "row = rowEnd(b, after, end);")}
      const told = ${layout.hasBefore?.() ?? "true"};
      ${mayMove(plan) && layout.hasBefore !== undefined ? "if (!told) onNoBefore();" : ""}
      const was = !told || wasPresent(b, row, end);
      ${whenAbsent(
        plan,
        "after",
        `const next = w_p;
        if (!was) counts.filtered++;
        else if (!gone(b, row, end, w)) return row;
        row = next;
        continue;`,
      )}
      if (was && !leave(b, row, after, end, w)) return row;
      before_p = told && was ? row : -1;
      const idLength = place(b, after, end, w, false);
      if (idLength < 0 || !put(b, after, end, w, idLength)) return row;
      row = w_p;
    }
    return row;
  } catch (error) { return fail(b, row, end, w, error, true); }
  finally { before_p = -1; }
}
function remove(b, row, end, w) {
  try {
    while (row < end) {
      w_id = -1;
      const next = rowEnd(b, row, end);
      if (!wasPresent(b, row, end)) counts.filtered++;
      else if (!gone(b, row, end, w)) return row;
      row = next;
    }
    return row;
  } catch (error) { return fail(b, row, end, w, error, false); }
}
function purge(b, row, end, w) {
  while (row < end) {
    w_id = -1;
    const next = rowEnd(b, row, end);
    if (!gone(b, row, end, w)) return row;
    row = next;
  }
  return row;
}
return { insert, update, delete: remove, purge, rowEnd };
`,
    constants,
  };
}

/** `isPresent` leaves `w_p` behind a row that is not; `wasPresent` is for images before. */
function presentSource({ filter }: DocumentPlan, layout: RowLayout): string {
  if (filter === null) return "function wasPresent() { return true; }";
  const { columns, source } = filter;
  const count = behindLast(columns);
  return `function isPresent(b, p, end) {
  ${declareValues(columns)}
  ${walkSource(layout, count, reading(layout, columns))}
  if (${source}) return true;
  ${stepsSource(layout, [count, layout.columns.length], () => null)}
  if (p > end) overrun();
  w_p = p;
  return false;
}
function wasPresent(b, p, end) {
  try { return isPresent(b, p, end); }
  catch (error) { if (isRowError(error)) return true; throw error; }
}`;
}

function whenAbsent({ filter }: DocumentPlan, row: string, statements: string): string {
  return filter === null ? "" : `if (!isPresent(b, ${row}, end)) { ${statements} }`;
}

/**
 * `place` writes the row's id and routing into `w` and aims it; returns the length of the id, -1 when the index is not open. `isLeaving`: the document is removed there; where the
 * index is known not to be there, `a_target` is null then.
 */
function placeSource({ id, index, routing }: DocumentPlan, layout: RowLayout): string {
  const texts = [id.kind === "text" ? id.text : null, routing, index].flatMap((text) =>
    text === null || typeof text === "string" ? [] : [text],
  );
  const columns = new Set(texts.flatMap((text) => [...text.columns]));
  const walk =
    columns.size === 0
      ? ""
      : `{ ${walkSource(layout, behindLast(columns), reading(layout, columns))} }`;
  const writeId =
    id.kind === "text"
      ? ""
      : `function writeId(b, p, end, out) { let o = 0; ${keySource(layout, id.columns)} return o; }`;
  // an id of columns first: a failure behind it can be told with the id
  const [idOfColumns, idOfText] =
    id.kind === "text"
      ? ["", `const idLength = w_id = writeIdText(${id.text.source}, w.id);`]
      : ["const idLength = w_id = writeId(b, p, end, w.id);", ""];
  const aim =
    typeof index === "string"
      ? ""
      : `const name = ${index.source};
  if (name === null || name !== a_name) {
    const found = targets.get(name);
    if (found === undefined || (found === null && !isLeaving)) {
      checkIndexName(name);
      s.reason = "target";
      s.index = name;
      s.isLeaving = isLeaving;
      return -1;
    }
    // an index that is not there may be there for the next row
    a_name = found === null ? null : name;
    a_target = found;
  }
  if (a_target !== null) w.aim(a_target);`;
  return `${writeId}
function place(b, p, end, w, isLeaving) {
  ${idOfColumns}
  ${declareValues(columns)}
  ${walk}
  ${idOfText}
  ${routing === null ? "" : `w.routingLength = writeRoutingText(${routing.source}, w.routing);`}
  ${aim}
  return idLength;
}`;
}

/** Statements that write the document of the row at `row`, evaluated, at `out[o…]`; they leave `w_p` behind the row. */
function writeSource({ columns }: DocumentPlan, fields: string): string {
  const head =
    columns.length === 0
      ? "out[o++] = 123; w_p = rowEnd(b, row, end);"
      : "o = writeColumns(b, row, end, out, o);";
  return `${head}
  ${fields}
  out[o++] = 125;
  if (w_p > end) overrun();`;
}

function columnsFunction(code: DocumentCode): string {
  return code.columns.length === 0
    ? ""
    : `function writeColumns(b, p, end, out, o) { ${columnsSource(code)} w_p = p; return o; }`;
}

/** `put` writes the whole document of the row at `p`, whose place is set; false when there is no room. */
function putSource(code: DocumentCode, plan: DocumentPlan): string {
  const expressions = expressionSource(code, plan.expressions);
  return `${columnsFunction(code)}
function put(b, p, end, w, idLength) {
  const row = p;
  ${expressions.evaluate}
  ${boundSource(code, "row", expressions.bound)}
  const slot = w.index(idLength, bound);
  if (slot === null) { s.reason = "room"; return false; }
  const out = slot.bytes;
  let o = slot.length;
  ${writeSource(plan, expressions.write)}
  w.finish(slot, o);
  return true;
}`;
}

/** The same with a script between the document and its place. */
function scriptPutSource(code: DocumentCode, plan: DocumentPlan): string {
  const expressions = expressionSource(code, plan.expressions);
  return `${columnsFunction(code)}
function documentText(b, p, end) {
  const row = p;
  ${expressions.evaluate}
  ${boundSource(code, "row", expressions.bound)}
  const out = script.room(bound);
  let o = 0;
  ${writeSource(plan, expressions.write)}
  return out.toString("utf8", 0, o);
}
function put(b, p, end, w, idLength) {
  const from = before_p;
  const document = documentText(b, p, end);
  const next = w_p;
  const text = script.run(document, from < 0 ? null : () => documentText(b, from, end));
  w_p = next;
  if (text === null) return drop(w, idLength);
  const slot = w.index(idLength, 3 * text.length);
  if (slot === null) { s.reason = "room"; return false; }
  w.finish(slot, slot.length + slot.bytes.write(text, slot.length));
  return true;
}`;
}

/** `drop` removes the document at the place that is set, or takes the rule's fields from it; `gone` does so for a row. False when it must be tried again. */
function dropSource(
  { clearedFields, index }: DocumentPlan,
  constants: Record<string, unknown>,
): string {
  const remove = 'if (w.delete(idLength)) return true; s.reason = "room"; return false;';
  if (clearedFields !== null)
    constants["cleared"] = Buffer.from(
      `{${clearedFields.map((name) => `${JSON.stringify(name)}:null`).join(",")}}`,
    );
  const clear = `const slot = w.amend(idLength, cleared.length);
  if (slot === null) { s.reason = "room"; return false; }
  slot.bytes.set(cleared, slot.length);
  w.finish(slot, slot.length + cleared.length);
  return true;`;
  return `function drop(w, idLength) { ${clearedFields === null ? remove : clear} }
function gone(b, p, end, w) {
  let idLength = 0;
  try { idLength = place(b, p, end, w, true); }
  catch (error) { if (isRowError(error) && !isUntold(error)) return true; throw error; }
  if (idLength < 0) return false;
  ${whenNoIndex(index)}
  return drop(w, idLength);
}`;
}

/** May an update move a document whose row keeps its key? Then the image before has to tell from where. */
function mayMove({ id, index, routing }: DocumentPlan): boolean {
  return id.kind === "text" || routing !== null || typeof index !== "string";
}

/** There is nothing to remove from an index that is not there. */
function whenNoIndex(index: DocumentPlan["index"]): string {
  return typeof index === "string" ? "" : "if (a_target === null) return true;";
}

/** `leave` removes the document at the place before an update when the row has another one behind it; false when it must be tried again. */
function moveSource(plan: DocumentPlan, layout: RowLayout): string {
  const same = layout.sameColumns(placeColumns(plan));
  const quick = same === null ? "" : `function stays(b, p, q, end) { ${same} }`;
  return `${quick}
function leave(b, before, after, end, w) {
  ${same === null ? "" : "if (stays(b, before, after, end)) return true;"}
  let oldLength = 0;
  try { oldLength = place(b, before, end, w, true); }
  catch (error) { if (isRowError(error)) return true; throw error; }
  if (oldLength < 0) return false;
  ${whenNoIndex(plan.index)}
  const oldTarget = a_target, oldRouting = w.routingLength;
  beforeId.set(w.id.subarray(0, oldLength));
  beforeRouting.set(w.routing.subarray(0, oldRouting));
  let failure = null;
  try {
    const idLength = place(b, after, end, w, false);
    if (idLength < 0) return false;
    if (
      a_target === oldTarget && idLength === oldLength && w.routingLength === oldRouting &&
      w.id.compare(beforeId, 0, oldLength, 0, oldLength) === 0 &&
      w.routing.compare(beforeRouting, 0, oldRouting, 0, oldRouting) === 0
    ) return true;
  } catch (error) { if (!isRowError(error)) throw error; failure = error; }
  w.id.set(beforeId.subarray(0, oldLength));
  w.routing.set(beforeRouting.subarray(0, oldRouting));
  w.routingLength = oldRouting;
  ${typeof plan.index === "string" ? "" : "w.aim(oldTarget);"}
  if (!drop(w, oldLength)) return false;
  if (failure === null) return true;
  // again, for the id that the failure is told with is the one behind the update
  w_id = -1;
  place(b, after, end, w);
  throw failure;
}`;
}
