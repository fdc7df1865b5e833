import type { Clock } from "../core/clock.ts";
import type { TableLoad } from "../core/load.ts";
import type { RebuildState } from "../core/rebuild.ts";
import type { RebuildProgress } from "../pipeline/rebuild/context.ts";
import type { CliContext } from "./context.ts";

/** How often a line is printed while nothing changes but numbers, ms. */
const EVERY_MS = 5_000;

/** Tells people how far a rebuild is: a line for each phase, and one now and then in between. */
export class RebuildReport {
  readonly #context: CliContext;
  readonly #clock: Clock;
  #phase = "";
  #shownAt = 0;

  constructor(context: CliContext, clock: Clock) {
    this.#context = context;
    this.#clock = clock;
  }

  show(progress: RebuildProgress): void {
    const now = this.#clock.now();
    const { phase } = progress;
    if (phase === this.#phase && now - this.#shownAt < EVERY_MS) return;
    this.#phase = phase;
    this.#shownAt = now;
    this.#context.warn(`${describeProgress(progress)}\n`);
  }
}

function describeProgress({ phase, newIndex, loads, lagSeconds }: RebuildProgress): string {
  const lag = lagSeconds === null ? "" : `, ${Math.round(lagSeconds)} s behind`;
  return phase === "loading"
    ? `${newIndex}: loading, ${describeLoads(loads)}${lag}`
    : `${newIndex}: ${phase}${lag}`;
}

/** `orders 12,000 of 40,000 rows, customers done`. */
export function describeLoads(loads: readonly TableLoad[]): string {
  if (loads.length === 0) return "waiting for tables";
  return loads
    .map(({ table, state, rows, estimatedRows }) => {
      if (state === "done") return `${table} done (${count(rows)} rows)`;
      const of = estimatedRows === null ? "" : ` of about ${count(Math.max(rows, estimatedRows))}`;
      return `${table} ${count(rows)}${of} rows`;
    })
    .join(", ");
}

/** A rebuild as it is kept, for people. */
export function describeRebuild(
  found: { readonly state: RebuildState; readonly loads: readonly TableLoad[] } | null,
  now: number,
): string {
  if (found === null) return "no rebuild is under way\n";
  const { state, loads } = found;
  const { kind, phase, name, oldIndex, newIndex, startedAt, blockedUntil } = state;
  const lines = [
    `${kind === "rebuild" ? "rebuild" : "rollback"} of ${name}: ${oldIndex} → ${newIndex}`,
    `phase    ${phase}`,
    `began    ${startedAt}`,
  ];
  if (phase === "building") lines.push(`loads    ${describeLoads(loads)}`);
  if (blockedUntil !== null)
    lines.push(
      `writes to ${oldIndex} wait${Date.parse(blockedUntil) < now ? ": go on, or roll back" : ""}`,
    );
  return `${lines.join("\n")}\n`;
}

function count(rows: number): string {
  return rows.toLocaleString("en-US");
}
