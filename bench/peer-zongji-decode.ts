import type { Benchmark } from "./benchmark.ts";
import { startChild } from "./support/child.ts";
import { ordersRange } from "./support/log-range.ts";
import { figuresOf } from "./support/replay.ts";
import { medianRun } from "./support/statistics.ts";
import type { ZongjiMessage, ZongjiOptions } from "./support/zongji-child.ts";

/** The fastest binlog reader of npm on the same stretch of log, decoding rows into objects and dropping them. */
export const peerZongjiDecode: Benchmark = {
  name: "peer-zongji-decode",
  summary: "@vlasky/zongji merely decoding the same rows, for comparison",
  run: async (context) => {
    const mysql = await context.mysql();
    const range = await ordersRange(mysql, context.rows, context.report);
    const { rows } = range;
    const runs = [];
    for (let i = 0; i <= context.runs; i++) {
      const options: ZongjiOptions = { mysqlUrl: mysql.url, range };
      await using child = startChild<ZongjiMessage>("./zongji-child.ts", options);
      const { first, last, peakMemoryMb } = await child.next("done");
      const run = {
        rows,
        rowsPerS: rows / ((last.atMs - first.atMs) / 1_000),
        cpuUsPerRow: (last.cpuUs - first.cpuUs) / rows,
        rssMb: peakMemoryMb,
      };
      // the first run warms the server up, as for tailrace
      if (i > 0) runs.push(run);
    }
    const figures = figuresOf(medianRun(runs, (run) => run.rowsPerS));
    return [{ name: "peer-zongji-decode", figures, raw: { runs } }];
  },
};
