/** A process in which @vlasky/zongji decodes a stretch of the log: started by bench/peer-zongji-decode.ts. */
import ZongJi from "@vlasky/zongji";
import { childOptions, leaveParent, tellParent } from "./child.ts";
import type { LogRange } from "./log-range.ts";
import { mysqlEndpoint } from "./mysql.ts";
import { markUsage, peakMemoryMb, type UsageMark } from "./process-usage.ts";

/** What it is told. */
export interface ZongjiOptions {
  readonly mysqlUrl: string;
  readonly range: LogRange;
}

/** What it reports. */
export interface ZongjiMessage {
  readonly kind: "done";
  /** When the first rows had been decoded, and the last. */
  readonly first: UsageMark;
  readonly last: UsageMark;
  readonly peakMemoryMb: number;
}

const { mysqlUrl, range } = childOptions() as ZongjiOptions;
const [database = "", table = ""] = range.table.split(".");
const zongji = new ZongJi({ ...mysqlEndpoint(mysqlUrl) });
let first: UsageMark | undefined;
let rows = 0;

zongji.on("binlog", (event) => {
  if (event.getEventName() !== "writerows") return;
  first ??= markUsage();
  rows += (event as unknown as { readonly rows: readonly unknown[] }).rows.length;
  if (rows < range.rows) return;
  const message: ZongjiMessage = {
    kind: "done",
    first,
    last: markUsage(),
    peakMemoryMb: peakMemoryMb(),
  };
  tellParent(message);
  leaveParent();
});
zongji.on("error", (error: Error) => {
  console.error(error);
  process.exit(1);
});
process.on("disconnect", () => process.exit());
zongji.start({
  serverId: 4_100_000_000 + (process.pid % 1_000_000),
  filename: range.start.file,
  position: range.start.position,
  includeEvents: ["tablemap", "writerows"],
  includeSchema: { [database]: [table] },
});
