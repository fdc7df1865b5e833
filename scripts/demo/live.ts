import { setTimeout as sleep } from "node:timers/promises";
import type { DemoIndices } from "./documents.ts";
import type { DemoPipelines } from "./pipelines.ts";
import type { Screen } from "./screen.ts";
import type { OpenShop } from "./shop-workload.ts";

/** What the live line tells of. */
export interface LiveView {
  readonly screen: Screen;
  readonly shop: OpenShop;
  readonly pipelines: DemoPipelines;
  readonly indices: DemoIndices;
}

const TERMINAL_INTERVAL_MS = 500;
const LINES_INTERVAL_MS = 2_000;

/** Shows how the pipelines are doing until the signal aborts: one line that is rewritten, or one every two seconds where there is no terminal. */
export async function showLive(view: LiveView, signal: AbortSignal): Promise<void> {
  const { screen, shop, pipelines, indices } = view;
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
      ...pipelines.describe(),
      `${documents === null ? "?" : pad(documents, 6)} documents`,
    ];
    const line = parts.join("   ");
    if (screen.isTerminal) screen.live(line);
    else screen.print(line);
  }
  screen.live(null);
}

function pad(value: number, width: number): string {
  return Math.round(value).toLocaleString("en-US").padStart(width);
}
