import type { Benchmark, BenchContext } from "./benchmark.ts";
import type { SenderMessage, SenderOptions } from "./support/bulk-sender.ts";
import { startChild } from "./support/child.ts";
import type { ElasticsearchServer } from "./support/elasticsearch.ts";
import { ordersRange } from "./support/log-range.ts";
import { recordBulks, type Recording } from "./support/recording.ts";
import { figuresOf } from "./support/replay.ts";
import { medianRun, round } from "./support/statistics.ts";
import { runTailrace, type TailraceRun } from "./support/tailrace-run.ts";

const INDEX = "tailrace-bench-orders";

interface Rate {
  readonly rowsPerS: number;
}

interface TargetCost {
  /** CPU time of Elasticsearch's process, µs a document. */
  readonly elasticsearchCpuUsPerRow: number;
}

/**
 * MySQL's log into a real Elasticsearch, and in turn with it the very bytes that tailrace sends, recorded beforehand: same documents, same
 * versions, same batches and lanes, an index of the same mapping. What is missing to a ratio of 1 is the CPU that reading and encoding take
 * from Elasticsearch on shared cores.
 */
export const directReal: Benchmark = {
  name: "direct-real",
  summary: "replay into a real Elasticsearch, against pregenerated bulk requests",
  run: async (context) => {
    const [mysql, elasticsearch] = [await context.mysql(), await context.elasticsearch()];
    const range = await ordersRange(mysql, context.rows, context.report);
    const { rows } = range;
    const config = { mysqlUrl: mysql.url, index: INDEX };
    context.report("recording the bulk requests");
    await using recording = await recordBulks(config, range);
    const runOwn = (): Promise<TailraceRun> =>
      runTailrace({ ...config, elasticsearchUrl: elasticsearch.url }, range);
    // Elasticsearch warms up (its JIT compilers work for a while), and tailrace creates the index with its mapping.
    await elasticsearch.deleteIndex(INDEX);
    await runOwn();
    const mappings = await elasticsearch.mappings(INDEX);
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
    return [{ name: "direct-real", figures, raw: { runs, bulkRuns } }];
  },
};

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
  await elasticsearch.deleteIndex(INDEX);
  await elasticsearch.createIndex(INDEX, mappings);
  const before = await elasticsearch.cpuMs();
  const run = await fill();
  const after = await elasticsearch.cpuMs();
  const count = await elasticsearch.count(INDEX);
  await elasticsearch.deleteIndex(INDEX);
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
  const options: SenderOptions = { path, elasticsearchUrl: elasticsearch.url, index: INDEX };
  await using sender = startChild<SenderMessage>("./bulk-sender.ts", options);
  const { first, last } = await sender.next("done");
  return { rowsPerS: rows / ((last.atMs - first.atMs) / 1_000) };
}
