import { systemClock } from "../../src/core/clock.ts";
import { Replica } from "../../src/mysql/binlog-dump.ts";
import type { LogRange } from "./log-range.ts";
import { mysqlEndpoint } from "./mysql.ts";

/** Packets of a binlog dump as they came from the socket. */
export interface CapturedBytes {
  readonly chunks: readonly Buffer[];
  readonly checksum: "CRC32" | "NONE";
}

/** Silence after which nothing more is expected, ms. */
const QUIET_MS = 300;
const LONG_QUIET_MS = 5_000;

/** Reads the log from the range's start up to its end on the server into memory. */
export async function captureBytes(url: string, range: LogRange): Promise<CapturedBytes> {
  await using replica = new Replica({
    connection: mysqlEndpoint(url),
    serverId: 4_000_000_000 + process.pid,
    heartbeatMs: 60_000,
  });
  await using dump = await replica.dump({ kind: "position", ...range.start });
  const { start, end } = range;
  const expected = start.file === end.file ? end.position - start.position : Infinity;
  const chunks: Buffer[] = [];
  let bytes = 0;
  for (;;) {
    const chunk = dump.read();
    if (chunk !== null) {
      chunks.push(Buffer.from(chunk));
      bytes += chunk.length;
      continue;
    }
    const enough = new AbortController();
    const arrived = dump.wait().catch(() => false);
    const quiet = systemClock
      .sleep(bytes < expected ? LONG_QUIET_MS : QUIET_MS, enough.signal)
      .then(() => false);
    const hasArrived = await Promise.race([arrived, quiet]);
    enough.abort();
    if (!hasArrived) return { chunks, checksum: dump.checksum };
  }
}
