/** A process that runs tailrace through its embedding API and measures itself: started by tailrace-run.ts. */
import { tuneHeap } from "../../src/core/tune-heap.ts";
import { createLogger, loadConfig, runPipeline, type PipelineStatus } from "../../src/index.ts";
import { childOptions, leaveParent, tellParent } from "./child.ts";
import { markUsage, peakMemoryMb, preciseNow } from "./process-usage.ts";
import type { TailraceMessage, TailraceOptions } from "./tailrace-run.ts";

/** How often the process looks whether the first row has come, ms. */
const LOOK_MS = 2;

const { configPath, until, latencies } = childOptions() as TailraceOptions;
// as the command line does
tuneHeap();
const stop = new AbortController();
process.on("disconnect", () => stop.abort());

const config = await loadConfig(configPath, { env: process.env });
const latenciesMs: number[] = [];
let ready = markUsage();
let first = ready;
let last = ready;
let transactions = 0;
let status: (() => PipelineStatus) | undefined;

await runPipeline(config, {
  signal: stop.signal,
  logger: createLogger({ ...config.log, fields: {} }),
  onReady: (view) => {
    const isFirst = status === undefined;
    status = view.status;
    if (!isFirst || view.status().state === "standby") return;
    ready = first = markUsage();
    const looking = setInterval(() => {
      if (lookOn(view.status())) clearInterval(looking);
    }, LOOK_MS);
    tell({ kind: "ready" });
  },
  onAcknowledged: ({ position, commitTimeUs }) => {
    if (commitTimeUs > 0) {
      transactions += 1;
      if (latencies) latenciesMs.push(preciseNow() - commitTimeUs / 1_000);
    }
    if (isReached(position)) end();
  },
});
if (status !== undefined) {
  const { requests, bytes } = status().sink;
  tell({
    kind: "done",
    ready,
    first,
    last,
    peakMemoryMb: peakMemoryMb(),
    requests,
    bytes,
    latenciesMs,
  });
}
leaveParent();

/** Looks how far it is; true = there is nothing more to look for. */
function lookOn(now: PipelineStatus): boolean {
  const { actionsTaken, actionsClosed } = now;
  const loads = "loads" in now ? now.loads : [];
  if (loads.length > 0) {
    if (loads.some(({ state }) => state !== "done")) return false;
    last = markUsage();
    tell({ kind: "loaded", first: ready, last });
    if ("loads" in until) end();
    return true;
  }
  if (actionsTaken === 0) first = markUsage();
  else if (!("actions" in until)) return true;
  else if (actionsClosed >= until.actions) {
    end();
    return true;
  }
  return false;
}

function end(): void {
  if (stop.signal.aborted) return;
  last = markUsage();
  stop.abort();
}

function tell(message: TailraceMessage): void {
  tellParent(message);
}

function isReached({
  file,
  position,
}: {
  readonly file: string;
  readonly position: number;
}): boolean {
  if ("transactions" in until) return transactions >= until.transactions;
  if ("actions" in until || "loads" in until) return false;
  return file === until.file && position >= until.position;
}
