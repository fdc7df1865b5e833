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
  const { rows } = range;
  const config = { mysqlUrl: mysql.url, index: INDEX, rule };
  await verifyReplay(config, range, context.report);
  const runs: (TailraceRun & { readonly nullCpuUsPerRow: number })[] = [];
  for (let i = 0; i < context.runs; i++) {
    await using sink = await openNullSink({ mode: "drain" });
    const before = await sink.stats();
    const run = await runTailrace({ ...config, elasticsearchUrl: sink.url }, range);
    const after = await sink.stats();
    runs.push({ ...run, nullCpuUsPerRow: (after.cpuUs - before.cpuUs) / rows });
    context.report(
      `${name} ${i + 1}/${context.runs}: ${Math.round(run.rowsPerS)} rows/s, ${run.cpuUsPerRow.toFixed(2)} µs CPU a row, ${Math.round(run.rssMb)} MB`,
    );
  }
  const figures = figuresOf(medianRun(runs, (run) => run.rowsPerS));
  return [{ name, figures, raw: { rule, runs } }];
}

/** The guard of correctness, and the warm-up: each row's document has arrived exactly once. Throws when not. */
async function verifyReplay(
  config: Omit<ReplayConfig, "elasticsearchUrl">,
  range: LogRange,
  report: (line: string) => void,
): Promise<void> {
  const { rows } = range;
  await using sink = await openNullSink({ mode: "verify", rows });
  await runTailrace({ ...config, elasticsearchUrl: sink.url }, range);
  const { documents } = await sink.stats();
  if (documents?.actions !== rows || documents.distinct !== rows || documents.unexpected !== 0)
    throw new Error(
      `${rows} documents were to arrive once each, but: ${JSON.stringify(documents)}`,
    );
  report(`verified: ${rows} documents, each once`);
}
