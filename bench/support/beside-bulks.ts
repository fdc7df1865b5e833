import type { BenchContext, BenchmarkResult } from "../benchmark.ts";
import type { SenderMessage, SenderOptions } from "./bulk-sender.ts";
import { startChild } from "./child.ts";
import type { ElasticsearchServer } from "./elasticsearch.ts";
import { recordBulks, type Recording } from "./recording.ts";
import { figuresOf } from "./replay.ts";
import { medianRun, round } from "./statistics.ts";
import type { TailraceRun } from "./tailrace-run.ts";

/** The index that is filled in turn. */
export const REAL_INDEX = "tailrace-bench-orders";

interface Rate {
  readonly rowsPerS: number;
}

interface TargetCost {
  /** CPU time of Elasticsearch's process, µs a document. */
  readonly elasticsearchCpuUsPerRow: number;
}

/** What fills the index {@link REAL_INDEX} with so many rows. */
export interface Filling {
  readonly rows: number;
  readonly runInto: (elasticsearchUrl: string) => Promise<TailraceRun>;
}

/** Measures a run of tailrace into the real Elasticsearch in turn with a sender of the same bulk requests, recorded beforehand. */
export async function besideBulks(
  name: string,
  context: BenchContext,
  { rows, runInto }: Filling,
): Promise<BenchmarkResult> {
  const elasticsearch = await context.elasticsearch();
  context.report("recording the bulk requests");
  await using recording = await recordBulks(runInto);
  const runOwn = (): Promise<TailraceRun> => runInto(elasticsearch.url);
  // Elasticsearch warms up (its JIT compilers work for a while), and tailrace creates the index with its mapping.
  await elasticsearch.deleteIndex(REAL_INDEX);
  await runOwn();
  const mappings = await elasticsearch.mappings(REAL_INDEX);
  const measure = { context, elasticsearch, rows, mappings };
  const sendBulks = (): Promise<Rate> => sendRecording(recording, elasticsearch, rows);
  const runs: (TailraceRun & TargetCost)[] = [];
  const bulkRuns: (Rate & TargetCost)[] = [];
  for (let i = 0; i < context.runs; i++) {
    bulkRuns.push(await onFreshIndex("pregenerated", measure, sendBulks));
    runs.push(await onFreshIndex("tailrace", measure, runOwn));
  }
  const median = medianRun(runs, ({ rowsPerS }) => rowsPerS);
  const bulk = medianRun(bulkRuns, ({ rowsPerS }) => rowsPerS);
  const ratio = round(median.rowsPerS / bulk.rowsPerS, 3);
  const figures = { ...figuresOf(median), ratio_to_bulk: ratio };
  return { name, figures, raw: { runs, bulkRuns } };
}

interface Measurement {
  readonly context: BenchContext;
  readonly elasticsearch: ElasticsearchServer;
  readonly rows: number;
  readonly mappings: unknown;
}

/** Measures one way of filling the index, which is made anew; throws when it does not hold every row afterwards. */
async function onFreshIndex<Run extends Rate>(
  what: string,
  { context, elasticsearch, rows, mappings }: Measurement,
  fill: () => Promise<Run>,
): Promise<Run & TargetCost> {
  await elasticsearch.deleteIndex(REAL_INDEX);
  await elasticsearch.createIndex(REAL_INDEX, mappings);
  const before = await elasticsearch.cpuMs();
  const run = await fill();
  const after = await elasticsearch.cpuMs();
  const count = await elasticsearch.count(REAL_INDEX);
  await elasticsearch.deleteIndex(REAL_INDEX);
  if (count !== rows) throw new Error(`${what}: ${rows} documents expected, ${count} found`);
  context.report(`${what}: ${Math.round(run.rowsPerS)} rows/s`);
  return { ...run, elasticsearchCpuUsPerRow: ((after - before) * 1_000) / rows };
}

/** Sends the recorded requests. */
async function sendRecording(
  { path }: Recording,
  elasticsearch: ElasticsearchServer,
  rows: number,
): Promise<Rate> {
  const options: SenderOptions = { path, elasticsearchUrl: elasticsearch.url, index: REAL_INDEX };
  await using sender = startChild<SenderMessage>("./bulk-sender.ts", options);
  const { first, last } = await sender.next("done");
  return { rowsPerS: rows / ((last.atMs - first.atMs) / 1_000) };
}
