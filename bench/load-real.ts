import type { Benchmark } from "./benchmark.ts";
import { besideBulks, REAL_INDEX } from "./support/beside-bulks.ts";
import { loadedTable, runLoad } from "./support/load-run.ts";

/** A table of MySQL into a real Elasticsearch, and in turn with it the very bytes that the load sends. As direct-real. */
export const loadReal: Benchmark = {
  name: "load-real",
  summary: "load into a real Elasticsearch, against pregenerated bulk requests",
  run: async (context) => {
    const mysql = await context.mysql();
    const table = await loadedTable(context);
    const result = await besideBulks("load-real", context, {
      rows: table.rows,
      runInto: (elasticsearchUrl) => runLoad(mysql, { elasticsearchUrl, index: REAL_INDEX }, table),
    });
    return [result];
  },
};
