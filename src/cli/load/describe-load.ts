import { tableName } from "../../core/schema.ts";
import type { LoadOutcome } from "../../pipeline/load/run-load.ts";
import type { LoadProgress } from "../../snapshot/load-progress.ts";

/** A load as an object of `--json`. */
export function loadLine(load: LoadProgress): Readonly<Record<string, unknown>> {
  return {
    database: load.database,
    table: load.table,
    rules: load.rules,
    state: load.state,
    rows: load.rows,
    estimated_rows: load.estimatedRows,
    rows_per_s: Math.round(load.rowsPerSecond),
    seconds_left: load.secondsLeft === null ? null : Math.ceil(load.secondsLeft),
    waits_for: load.waitsFor,
    ...(load.error !== undefined && { error: load.error }),
  };
}

/** How a load stands, in one line for people. */
export function describeProgress(load: LoadProgress): string {
  const { rows, estimatedRows, state, waitsFor } = load;
  const parts = [`${tableName(load)}: ${count(rows)}`];
  const isCounted = estimatedRows !== null && load.where === undefined && estimatedRows > 0;
  if (isCounted && state === "running") {
    // what the server guesses may be less than what there is
    const share = Math.min(99, Math.floor((100 * rows) / estimatedRows));
    parts.push(`of about ${count(estimatedRows)} rows (${share} %)`);
  } else parts.push("rows");
  if (state !== "running") return `${parts.join(" ")}, ${state}`;
  parts.push(`· ${count(Math.round(load.rowsPerSecond))}/s`);
  if (load.secondsLeft !== null) parts.push(`· ${duration(load.secondsLeft)} left`);
  if (waitsFor !== null && load.rowsPerSecond === 0) parts.push(`· waits for ${waitsFor}`);
  return parts.join(" ");
}

/** A bar of `width` characters. */
export function progressBar({ rows, estimatedRows }: LoadProgress, width: number): string {
  if (estimatedRows === null || estimatedRows <= 0) return " ".repeat(width);
  const filled = Math.min(width, Math.round((width * rows) / estimatedRows));
  return "█".repeat(filled) + "░".repeat(width - filled);
}

/** What a load has come to, as an object of `--json`. */
export function outcomeLine(outcome: LoadOutcome): Readonly<Record<string, unknown>> {
  const { stats, keys } = outcome;
  return {
    finished: outcome.isFinished,
    begun: new Date(outcome.begunMs).toISOString(),
    streamed: !outcome.isFirst,
    seconds: Number(outcome.seconds.toFixed(3)),
    tables: outcome.loads.map(({ database, table, state, rows, error }) => ({
      database,
      table,
      state,
      rows,
      ...(error !== undefined && { error }),
    })),
    documents: stats.applied,
    already_newer: stats.conflicts,
    dead_letters: stats.rejected + stats.rows.failed,
    left_out: stats.rows.filtered,
    ...(keys && { keys_found: keys.found, keys_gone: keys.gone, gone_unknown: keys.unknown }),
  };
}

/** What a load has come to, for people. */
export function describeOutcome(outcome: LoadOutcome): string {
  const { loads, stats, seconds, keys } = outcome;
  const rows = loads.reduce((total, load) => total + load.rows, 0);
  const lines = loads
    .filter(({ state }) => state === "failed" || loads.length > 1)
    .map(
      (load) =>
        `${tableName(load)}: ${load.state}, ${count(load.rows)} rows${load.error === undefined ? "" : `: ${load.error}`}`,
    );
  const letters = stats.rejected + stats.rows.failed;
  lines.push(
    `${count(rows)} rows in ${duration(seconds)}: ${count(stats.applied)} actions applied, ${count(stats.conflicts)} already newer, ` +
      `${count(letters)} dead letters, ${count(stats.rows.filtered)} left out by conditions`,
  );
  if (keys !== undefined && keys.gone > 0)
    lines.push(
      keys.gone === 1
        ? "1 key has no row: its document is deleted"
        : `${count(keys.gone)} keys have no row: their documents are deleted`,
    );
  if (keys !== undefined && keys.unknown > 0)
    lines.push(
      `${count(keys.unknown)} documents of rows that are gone cannot be told by the key alone and stay as they are: tailrace verify finds them`,
    );
  if (outcome.isFinished && outcome.isFirst)
    lines.push(
      `nothing streams yet: begin with --from-time ${new Date(outcome.begunMs).toISOString()}, or what changed since then is missed`,
    );
  if (!outcome.isFinished) {
    const hasFailed = loads.some(({ state }) => state === "failed");
    lines.push(
      `${hasFailed ? "not everything is loaded" : "stopped"}: the same command goes on from here`,
    );
  }
  return `${lines.join("\n")}\n`;
}

function count(number: number): string {
  return number.toLocaleString("en-US");
}

function duration(seconds: number): string {
  if (seconds < 60) return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`;
  const whole = Math.ceil(seconds);
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  const rest = whole % 60;
  return hours > 0 ? `${hours} h ${minutes} min` : `${minutes} min ${rest} s`;
}
