import type { FieldDifference } from "../../core/compare-documents.ts";
import type { Difference } from "../../pipeline/verify/difference.ts";
import { equalCount, type TableCounts } from "../../pipeline/verify/verified-table.ts";
import {
  type IndexCounts,
  isInAgreement,
  type VerifyResult,
} from "../../pipeline/verify/verify-result.ts";

/** A comparison that has ended, and how it is told. */
export interface VerifyRun {
  readonly result: VerifyResult;
  /** It was stopped before its end. */
  readonly isStopped: boolean;
  readonly seconds: number;
  /** Values of fields may be shown. */
  readonly showValues: boolean;
}

const COLUMNS = [
  "rows",
  "documents",
  "equal",
  "missing",
  "stale",
  "different",
  "unsettled",
] as const;

/** What was found, for people. */
export function describeResult({ result, isStopped, seconds, showValues }: VerifyRun): string {
  const { tables, indices, differences, counts, repaired, failures, unsettled } = result;
  const lines = table([
    ["rule", "table", ...COLUMNS],
    ...tables.map((each) => [each.rule, each.table, ...COLUMNS.map((name) => cell(each, name))]),
  ]);
  for (const { rule, table: name, failed } of tables)
    if (failed > 0)
      lines.push(`${count(failed)} rows of ${name} have no document: rule ${rule} fails on them`);
  lines.push(...indices.map(describeIndex));
  lines.push(...failures.map(({ table: name, error }) => `${name} was not compared: ${error}`));
  if (differences.length > 0) lines.push("");
  lines.push(...differences.map((each) => describeDifference(each, showValues)));
  const all = counts.missing + counts.stale + counts.different + counts.extra;
  if (all > differences.length) lines.push(`and ${count(all - differences.length)} more`);
  lines.push("");
  const found =
    all === 0 ? "no differences" : all === 1 ? "1 difference" : `${count(all)} differences`;
  const mended = all === 0 || repaired === 0 ? "" : `, ${count(repaired)} repaired`;
  const open = unsettled === 0 ? "" : `, ${count(unsettled)} not settled`;
  const rows = tables.reduce((sum, each) => sum + each.rows, 0);
  lines.push(
    `${isStopped ? "stopped: " : ""}${found}${mended}${open}; ${count(rows)} rows in ${seconds.toFixed(1)} s`,
  );
  return `${lines.join("\n")}\n`;
}

/** The same as JSON. Values of fields only when they may be shown. */
export function resultJson({ result, isStopped, seconds, showValues }: VerifyRun): string {
  const { tables, indices, differences, counts, unsettled, repaired, failures, stuckAt } = result;
  return JSON.stringify({
    agree: isInAgreement(result),
    stopped: isStopped,
    seconds: Number(seconds.toFixed(3)),
    counts,
    unsettled,
    repaired,
    tables: tables.map((each) => ({ ...each, equal: equalCount(each) })),
    indices,
    failures,
    stuck_at: stuckAt,
    differences: differences.map(({ fields, ...each }) => ({
      ...each,
      fields: showValues ? fields : fields.map(({ field }) => field),
    })),
  });
}

/** One line, and with values one more for each field. */
export function describeDifference(difference: Difference, showValues: boolean): string {
  const { kind, rules, table: name, key, index, id, routing, fields, repair } = difference;
  const row =
    key === null || name === null
      ? ""
      : ` ${name} ${Object.entries(key)
          .map(([column, value]) => `${column}=${value}`)
          .join(" ")}`;
  const routed = routing === null ? "" : ` (routing ${routing})`;
  const names = fields.length === 0 ? "" : `: ${fields.map(({ field }) => field).join(", ")}`;
  const mended = repair === undefined ? "" : ` [${repair}]`;
  const line = `${kind.padEnd(9)} ${rules.join(",")}${row} → ${index}/${id}${routed}${names}${mended}`;
  return showValues ? [line, ...fields.map(describeField)].join("\n") : line;
}

function describeField({ field, expected, found }: FieldDifference): string {
  return `            ${field}: ${expected ?? "nothing"} in the row, ${found ?? "nothing"} in the document`;
}

function describeIndex({ index, documents, extra, unsettled, reason }: IndexCounts): string {
  if (documents === null)
    return `index ${index}: documents without a row were not looked for${reason === undefined ? "" : `: ${reason}`}`;
  const open = unsettled === 0 ? "" : `, ${count(unsettled)} not settled`;
  return `index ${index}: ${count(documents)} documents, ${count(extra)} without a row${open}`;
}

function cell(counts: TableCounts, name: (typeof COLUMNS)[number]): string {
  return count(name === "equal" ? equalCount(counts) : counts[name]);
}

/** Columns side by side: texts to the left, numbers to the right. */
function table(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) =>
    row
      .map((text, column) =>
        column < 2 ? text.padEnd(widths[column]!) : text.padStart(widths[column]!),
      )
      .join("  "),
  );
}

function count(number: number): string {
  return number.toLocaleString("en-US");
}
