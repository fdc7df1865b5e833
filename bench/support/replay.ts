import type { BenchContext, BenchmarkResult, Figures } from "../benchmark.ts";
import { ordersRange, type LogRange } from "./log-range.ts";
import { openNullSink } from "./null-sink.ts";
import { medianRun, round } from "./statistics.ts";
import type { ReplayConfig } from "./tailrace-config.ts";
import { runTailrace, type TailraceRun } from "./tailrace-run.ts";

const INDEX = "bench-orders";

/** The figures of one run. */
export function figuresOf(run: {
  readonly rows: number;
  readonly rowsPerS: number;
  readonly cpuUsPerRow: number;
  readonly rssMb: number;
  readonly startupMs?: number;
}): Figures {
  return {
    rows: run.rows,
    rows_per_s: Math.round(run.rowsPerS),
    cpu_us_per_row: round(run.cpuUsPerRow, 3),
    rss_mb: Math.round(run.rssMb),
    ...(run.startupMs !== undefined && { startup_ms: Math.round(run.startupMs) }),
  };
}

/** Replays the orders into the null server: once with every document checked, then `runs` times measured. */
export async function replayIntoNull(
  name: string,
  context: BenchContext,
  rule: string,
): Promise<readonly BenchmarkResult[]> {
  const mysql = await context.mysql();
  const range = await ordersRange(mysql, context.rows, context.report);
  const config = { mysqlUrl: mysql.url, index: INDEX, rule };
  await verifyReplay(config, range, context.report);
  const runs: NullRun[] = [];
  for (let i = 0; i < context.runs; i++) {
    const run = await replayOnce(config, range);
    runs.push(run);
    context.report(`${name} ${i + 1}/${context.runs}: ${describeRun(run)}`);
  }
  const figures = figuresOf(medianRun(runs, (run) => run.rowsPerS));
  return [{ name, figures, raw: { rule, runs } }];
}

/** A run into the null server, and what that took of the machine. */
export type NullRun<Run extends TailraceRun = TailraceRun> = Run & {
  readonly nullCpuUsPerRow: number;
};

/** What is replayed, but for the server that it goes to. */
export type NullReplay = Omit<ReplayConfig, "elasticsearchUrl">;

/** Replays a stretch of the log once into a null server of its own. */
export function replayOnce(config: NullReplay, range: LogRange): Promise<NullRun> {
  return intoNull((elasticsearchUrl) => runTailrace({ ...config, elasticsearchUrl }, range));
}

/** Runs tailrace once into a null server of its own, whose URL it is given. */
export async function intoNull<Run extends TailraceRun>(
  runInto: (elasticsearchUrl: string) => Promise<Run>,
): Promise<NullRun<Run>> {
  await using sink = await openNullSink({ mode: "drain" });
  const before = await sink.stats();
  const run = await runInto(sink.url);
  const after = await sink.stats();
  return { ...run, nullCpuUsPerRow: (after.cpuUs - before.cpuUs) / run.rows };
}

/** The figures of a run on one line. */
export function describeRun(run: TailraceRun): string {
  return `${Math.round(run.rowsPerS)} rows/s, ${run.cpuUsPerRow.toFixed(2)} µs CPU a row, ${Math.round(run.rssMb)} MB`;
}

/** The guard of correctness, and the warm-up: each of so many documents (absent: of each row) has arrived exactly once. Throws when not. */
export async function verifyReplay(
  config: NullReplay,
  range: LogRange,
  report: (line: string) => void,
  expected: number = range.rows,
): Promise<void> {
  const runInto = (elasticsearchUrl: string): Promise<TailraceRun> =>
    runTailrace({ ...config, elasticsearchUrl }, range);
  await verifyIntoNull(runInto, { rows: range.rows, expected, report });
}

/** As {@link intoNull}, into a server that looks into every document: throws unless `expected` of the ids 1 to `rows` have arrived, each once. */
export async function verifyIntoNull(
  runInto: (elasticsearchUrl: string) => Promise<TailraceRun>,
  options: {
    readonly rows: number;
    readonly expected: number;
    readonly report: (line: string) => void;
  },
): Promise<void> {
  const { rows, expected, report } = options;
  await using sink = await openNullSink({ mode: "verify", rows });
  await runInto(sink.url);
  const { documents } = await sink.stats();
  const { actions = 0, distinct = 0, unexpected = 0 } = documents ?? {};
  if (actions !== expected || distinct !== expected || unexpected !== 0)
    throw new Error(
      `${expected} documents were to arrive once each, but: ${JSON.stringify(documents)}`,
    );
  report(`verified: ${expected} documents, each once`);
}
