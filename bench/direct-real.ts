import type { Benchmark } from "./benchmark.ts";
import { besideBulks, REAL_INDEX } from "./support/beside-bulks.ts";
import { ordersRange } from "./support/log-range.ts";
import { runTailrace } from "./support/tailrace-run.ts";

/**
 * MySQL's log into a real Elasticsearch, and in turn with it the very bytes that tailrace sends, recorded beforehand: same documents, same
 * versions, same batches and lanes, an index of the same mapping. What is missing to a ratio of 1 is the CPU that reading and encoding take
 * from Elasticsearch on shared cores.
 */
export const directReal: Benchmark = {
  name: "direct-real",
  summary: "replay into a real Elasticsearch, against pregenerated bulk requests",
  run: async (context) => {
    const mysql = await context.mysql();
    const range = await ordersRange(mysql, context.rows, context.report);
    const config = { mysqlUrl: mysql.url, index: REAL_INDEX };
    const result = await besideBulks("direct-real", context, {
      rows: range.rows,
      runInto: (elasticsearchUrl) => runTailrace({ ...config, elasticsearchUrl }, range),
    });
    return [result];
  },
};
