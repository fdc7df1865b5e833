import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startChild } from "./child.ts";
import { MemoryWatch, preciseNow, type UsageMark } from "./process-usage.ts";
import type { LogRange } from "./log-range.ts";
import type { LogPlace } from "./mysql.ts";
import { tailraceToml, type BenchConfig, type ReplayConfig } from "./tailrace-config.ts";

/** What the process that runs tailrace is told. */
export interface TailraceOptions {
  readonly configPath: string;
  readonly until: Until;
  /** Collect the latency of every transaction. */
  readonly latencies: boolean;
}

/** When it is to stop: the log is acknowledged up to a place, so many transactions are, so many actions are closed, or every load is done. */
export type Until =
  | LogPlace
  | { readonly transactions: number }
  | { readonly actions: number }
  | { readonly loads: "done" };

/** What it reports. */
export type TailraceMessage =
  /** The binary log is being read. */
  | { readonly kind: "ready" }
  /** Every load is done; since the stages were open. */
  | { readonly kind: "loaded"; readonly first: UsageMark; readonly last: UsageMark }
  | ({ readonly kind: "done" } & TailraceReport);

/** Its measurements. */
export interface TailraceReport {
  /** When the stages were open. */
  readonly ready: UsageMark;
  /** The last look at which no row had been taken yet; looks are 2 ms apart. */
  readonly first: UsageMark;
  /** The last action's acknowledgement. */
  readonly last: UsageMark;
  readonly peakMemoryMb: number;
  readonly requests: number;
  readonly bytes: number;
  /** Commit to acknowledgement, ms, in log order. */
  readonly latenciesMs: readonly number[];
}

/** A finished run. */
export interface TailraceRun {
  readonly rows: number;
  readonly rowsPerS: number;
  readonly cpuUsPerRow: number;
  readonly rssMb: number;
  /** From the process's start to the first look at the log, ms: not part of the rates. */
  readonly startupMs: number;
  readonly seconds: number;
  readonly requests: number;
  readonly bytes: number;
  /** Seconds and MiB. */
  readonly memoryCurve: readonly (readonly [number, number])[];
}

/** What loading took. */
export type LoadRate = Pick<TailraceRun, "rowsPerS" | "cpuUsPerRow" | "seconds">;

/** A tailrace at work in a process of its own. */
export interface RunningTailrace extends AsyncDisposable {
  readonly memory: MemoryWatch;
  /** Resolves when it reads the binary log. */
  ready(): Promise<void>;
  /** Resolves when every load is done. */
  loaded(): Promise<LoadRate>;
  /** Resolves when it has acknowledged everything and has ended. */
  done(): Promise<{ readonly run: TailraceRun; readonly latenciesMs: readonly number[] }>;
}

/** What a run is to do. */
export interface RunPlan {
  /** Rows that come until then: what figures refer to. */
  readonly rows: number;
  readonly until: Until;
  readonly latencies?: boolean;
}

/** Starts tailrace on a configuration; it ends when all is acknowledged, or when it is disposed of. */
export async function startTailrace(config: BenchConfig, plan: RunPlan): Promise<RunningTailrace> {
  const { rows, until, latencies = false } = plan;
  const folder = await mkdtemp(join(tmpdir(), "tailrace-bench-"));
  const configPath = join(folder, "bench.toml");
  await writeFile(configPath, tailraceToml(config));
  const startedMs = preciseNow();
  const asked: TailraceOptions = { configPath, until, latencies };
  const child = startChild<TailraceMessage>("./tailrace-child.ts", asked);
  const memory = new MemoryWatch(child.pid);
  return {
    memory,
    ready: async () => void (await child.next("ready")),
    loaded: async () => rateOf(await child.next("loaded"), rows),
    done: async () => {
      const report = await child.next("done");
      return { run: toRun(report, { rows, startedMs, memory }), latenciesMs: report.latenciesMs };
    },
    [Symbol.asyncDispose]: async () => {
      memory[Symbol.dispose]();
      await child[Symbol.asyncDispose]();
      await rm(folder, { recursive: true });
    },
  };
}

/** Lets tailrace replay a stretch of the log. */
export async function runTailrace(
  config: ReplayConfig,
  { table, rows, start, end }: LogRange,
): Promise<TailraceRun> {
  await using tailrace = await startTailrace({ ...config, table, start }, { rows, until: end });
  return (await tailrace.done()).run;
}

function toRun(
  { ready, first, last, peakMemoryMb, requests, bytes }: TailraceReport,
  { rows, startedMs, memory }: { rows: number; startedMs: number; memory: MemoryWatch },
): TailraceRun {
  return {
    rows,
    ...rateOf({ first, last }, rows),
    rssMb: peakMemoryMb,
    startupMs: ready.atMs - startedMs,
    requests,
    bytes,
    memoryCurve: memory.curve(),
  };
}

function rateOf(
  { first, last }: { readonly first: UsageMark; readonly last: UsageMark },
  rows: number,
): LoadRate {
  const seconds = (last.atMs - first.atMs) / 1_000;
  return { rowsPerS: rows / seconds, cpuUsPerRow: (last.cpuUs - first.cpuUs) / rows, seconds };
}
