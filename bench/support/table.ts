import type { BenchmarkResult, Figures } from "../benchmark.ts";

const COLUMNS: readonly (keyof Figures)[] = [
  "rows",
  "seconds",
  "changes_read",
  "rows_loaded",
  "rows_per_s",
  "cpu_us_per_row",
  "rss_mb",
  "ratio_to_bulk",
  "p50_ms",
  "p99_ms",
  "missed_inserts",
  "missed_updates",
  "missed_deletes",
];

/** The results as a table for the terminal: a line a benchmark, a column a figure that any of them has. */
export function formatTable(results: readonly BenchmarkResult[]): string {
  const columns = COLUMNS.filter((column) =>
    results.some(({ figures }) => figures[column] !== undefined),
  );
  const lines = [
    ["name", ...columns],
    ...results.map(({ name, figures }) => [
      name,
      ...columns.map((column) => figures[column]?.toLocaleString("en") ?? ""),
    ]),
  ];
  const widths = ["name", ...columns].map((_, i) =>
    Math.max(...lines.map((line) => line[i]!.length)),
  );
  return lines
    .map((line) =>
      line
        .map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
        .join("  "),
    )
    .join("\n");
}
