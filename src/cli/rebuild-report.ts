import type { TableLoad } from "../core/load.ts";
import type { RebuildState } from "../core/rebuild.ts";
import type { RebuildProgress } from "../pipeline/rebuild/context.ts";
import type { LoadProgress } from "../snapshot/load-progress.ts";
import type { ProgressView } from "./load/show-progress.ts";

/** Tells people how far a rebuild is: a line for each phase, and the loads in between. */
export class RebuildReport implements ProgressView {
  readonly #print: (text: string) => void;
  #phase = "";
  #loads: readonly LoadProgress[] = [];

  constructor(print: (text: string) => void) {
    this.#print = print;
  }

  /** What is shown between the lines. */
  readonly loads = (): readonly LoadProgress[] => this.#loads;

  show({ phase, newIndex, loads }: RebuildProgress): void {
    this.#loads = loads;
    if (phase === this.#phase) return;
    this.#phase = phase;
    this.#print(`${newIndex}: ${phase}\n`);
  }
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
