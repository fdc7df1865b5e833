import type { Difference, VerifyResult } from "./verify.ts";

/** Longest value shown of a field that differs. */
const MOST_VALUE_CHARACTERS = 200;

/** The counts as a table, a line each, without a line end. */
export function formatCounts(result: VerifyResult): string[] {
  const shared = new Set<string>();
  const rows = result.tables.map((table) => {
    const counts = result.documents.get(table.index);
    // Of tables that share an index, the first shows its documents.
    const isFirst = !shared.has(table.index);
    shared.add(table.index);
    return [
      table.table,
      table.index,
      ...[table.rows, table.equal, table.missing, table.different].map(formatCount),
      isFirst ? formatCount(counts?.count ?? 0) : "",
      isFirst ? formatCount(counts?.extra ?? 0) : "",
    ];
  });
  const head = ["table", "index", "rows", "equal", "missing", "different", "documents", "extra"];
  const widths = head.map((title, i) =>
    Math.max(title.length, ...rows.map((row) => row[i]!.length)),
  );
  return [head, ...rows].map((row) =>
    row
      .map((cell, i) => (i < 2 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
      .join("  ")
      .trimEnd(),
  );
}

/** The differences that are described, a line each, without a line end. */
export function formatDifferences(result: VerifyResult): string[] {
  return result.differences.map(formatDifference);
}

function formatDifference(difference: Difference): string {
  const { kind, table, index, id, field, expected, found } = difference;
  if (kind === "missing") return `${table} ${id}: no document in ${index}`;
  if (kind === "extra") return `${index} ${id}: a document without a row`;
  const row = shorten(expected ?? "no such column");
  return `${table} ${id}: ${field} is ${row} in the row, ${shorten(found ?? "absent")} in ${index}`;
}

function shorten(text: string): string {
  if (text.length <= MOST_VALUE_CHARACTERS) return text;
  return `${text.slice(0, MOST_VALUE_CHARACTERS)}… (${text.length} characters)`;
}

function formatCount(count: number): string {
  return count.toLocaleString("en-US");
}
