import { setTimeout as sleep } from "node:timers/promises";
import type { LogStatusLine } from "../../src/observe/status-line.ts";
import type { PipelineProcess } from "../support/pipeline-process.ts";
import type { DemoIndices } from "./documents.ts";
import type { Screen } from "./screen.ts";
import type { OpenShop } from "./shop-workload.ts";

/** What the live line tells of. */
export interface LiveView {
  readonly screen: Screen;
  readonly shop: OpenShop;
  readonly pipeline: PipelineProcess;
  readonly indices: DemoIndices;
}

const TERMINAL_INTERVAL_MS = 500;
const LINES_INTERVAL_MS = 2_000;

/** Shows how the pipeline is doing until the signal aborts: one line that is rewritten, or one every two seconds where there is no terminal. */
export async function showLive(view: LiveView, signal: AbortSignal): Promise<void> {
  const { screen, shop, pipeline, indices } = view;
  const intervalMs = screen.isTerminal ? TERMINAL_INTERVAL_MS : LINES_INTERVAL_MS;
  const startMs = performance.now();
  let last = { atMs: startMs, transactions: shop.transactions };
  for (;;) {
    await sleep(intervalMs, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) break;
    const documents = await indices.count();
    const atMs = performance.now();
    const rate = (shop.transactions - last.transactions) / ((atMs - last.atMs) / 1000);
    last = { atMs, transactions: shop.transactions };
    const parts = [
      `${Math.round((atMs - startMs) / 1000)} s`.padStart(7),
      `shop ${pad(rate, 4)} transactions/s`,
      ...pipelineParts(pipeline.status),
      `${documents === null ? "?" : pad(documents, 6)} documents`,
    ];
    const line = parts.join("   ");
    if (screen.isTerminal) screen.live(line);
    else screen.print(line);
  }
  screen.live(null);
}

function pipelineParts(status: LogStatusLine | null): string[] {
  if (status === null) return ["pipeline starting"];
  if (status.waiting_for !== null) return [`waiting: ${status.waiting_for}`];
  return [`${pad(status.rows_per_s, 6)} rows/s`, `lag ${pad(lagMs(status), 3)} ms`];
}

/** Commit in MySQL to acknowledgement by Elasticsearch: of the last transaction, or so far of the one that is waited for. */
function lagMs(status: LogStatusLine): number {
  return status.latency_ms ?? (status.lag_s ?? 0) * 1000;
}

function pad(value: number, width: number): string {
  return Math.round(value).toLocaleString("en-US").padStart(width);
}
