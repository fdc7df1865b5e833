/** A process that takes the log through tailrace's stages in memory: started by bench/encode.ts. */
import { openConnection } from "../../src/mysql/connection.ts";
import { describeServer, readCollations } from "../../src/mysql/server.ts";
import { captureBytes } from "./capture-bytes.ts";
import { childOptions, leaveParent, tellParent } from "./child.ts";
import type { LogRange } from "./log-range.ts";
import { mysqlEndpoint } from "./mysql.ts";
import { markUsage, peakMemoryMb, preciseNow } from "./process-usage.ts";
import { runRowPath, type RowPathEnd } from "./row-path.ts";

/** What it is told. */
export interface EncodeOptions {
  readonly mysqlUrl: string;
  readonly range: LogRange;
  readonly end: RowPathEnd;
  /** The first pass compiles; it is not reported. */
  readonly passes: number;
}

/** What it reports. */
export interface EncodeMessage {
  readonly kind: "done";
  readonly passes: readonly { readonly seconds: number; readonly cpuUs: number }[];
  readonly events: number;
  /** Null when the rows were not looked at. */
  readonly rows: number | null;
  readonly peakMemoryMb: number;
}

const { mysqlUrl, range, end, passes } = childOptions() as EncodeOptions;
const connection = await openConnection(mysqlEndpoint(mysqlUrl));
const collations = await readCollations(connection, await describeServer(connection));
connection.destroy();
const captured = await captureBytes(mysqlUrl, range);
const measured: { seconds: number; cpuUs: number }[] = [];
let last: { readonly events: number; readonly rows: number | null } = { events: 0, rows: null };
for (let pass = 0; pass <= passes; pass++) {
  const before = markUsage();
  last = await runRowPath({ captured, table: range.table, collations }, end);
  const seconds = (preciseNow() - before.atMs) / 1_000;
  if (pass > 0) measured.push({ seconds, cpuUs: markUsage().cpuUs - before.cpuUs });
}
const message: EncodeMessage = {
  kind: "done",
  passes: measured,
  ...last,
  peakMemoryMb: peakMemoryMb(),
};
tellParent(message);
leaveParent();
