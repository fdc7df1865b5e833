import type { Clock } from "../../core/clock.ts";
import type { LoadView } from "../../pipeline/load/run-load.ts";
import type { CliContext } from "../context.ts";
import { describeProgress, loadLine, progressBar } from "./describe-load.ts";

/** How progress is shown. */
export interface ShowProgressOptions {
  readonly context: CliContext;
  readonly json: boolean;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** What is shown: rows that are walked over, and where they are written what has become of them. */
export type ProgressView = Pick<LoadView, "loads"> & Partial<Pick<LoadView, "stats">>;

const BAR_WIDTH = 24;
const MAX_LINES = 12;

/** Shows how loads stand until the signal aborts: bars that move on a terminal, else a line for each load every ten seconds; with `json` an object a second. */
export class ProgressDisplay {
  readonly #options: ShowProgressOptions;
  #view: ProgressView | null = null;
  /** Lines of bars that stand on the terminal. */
  #drawn = 0;

  constructor(options: ShowProgressOptions) {
    this.#options = options;
  }

  /** Begins to show. Resolves when the signal aborts. */
  async run(view: ProgressView): Promise<void> {
    const { context, json, clock, signal } = this.#options;
    this.#view = view;
    const intervalMs = json ? 1_000 : context.terminal === undefined ? 10_000 : 200;
    while (!signal.aborted) {
      await clock.sleep(intervalMs, signal);
      if (signal.aborted) break;
      if (json) this.#printJson(view);
      else if (context.terminal === undefined) this.#printLines(view);
      else this.#draw();
    }
    this.#erase();
  }

  /** Prints something else, above the bars. */
  print(text: string): void {
    this.#erase();
    this.#options.context.warn(text);
    this.#draw();
  }

  #printJson(view: ProgressView): void {
    const stats = view.stats?.();
    const line = {
      loads: view.loads().map(loadLine),
      ...(stats && {
        documents: stats.applied,
        already_newer: stats.conflicts,
        dead_letters: stats.rejected + stats.rows.failed,
        waiting_for: stats.waitingFor,
      }),
    };
    this.#options.context.print(`${JSON.stringify(line)}\n`);
  }

  #printLines(view: ProgressView): void {
    const running = view.loads().filter(({ state }) => state === "running");
    for (const load of running) this.#options.context.warn(`${describeProgress(load)}\n`);
  }

  #draw(): void {
    const { context } = this.#options;
    if (context.terminal === undefined || this.#view === null || this.#options.signal.aborted)
      return;
    const width = context.terminal.columns();
    const loads = this.#view.loads();
    const running = loads.filter(({ state }) => state === "running");
    const lines = running
      .slice(0, MAX_LINES)
      .map((load) =>
        `${progressBar(load, BAR_WIDTH)} ${describeProgress(load)}`.slice(0, width - 1),
      );
    const waiting = loads.filter(({ state }) => state === "waiting").length;
    const more = waiting + Math.max(0, running.length - MAX_LINES);
    if (more > 0) lines.push(`and ${more} more tables`);
    const up = this.#drawn > 0 ? `\u001B[${this.#drawn}A` : "";
    context.warn(`${up}\u001B[J${lines.map((line) => `${line}\n`).join("")}`);
    this.#drawn = lines.length;
  }

  #erase(): void {
    if (this.#drawn > 0) this.#options.context.warn(`\u001B[${this.#drawn}A\u001B[J`);
    this.#drawn = 0;
  }
}
