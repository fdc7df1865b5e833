import { systemClock } from "../../src/core/clock.ts";
import { Replica } from "../../src/mysql/binlog-dump.ts";
import type { LogRange } from "./log-range.ts";
import { mysqlEndpoint } from "./mysql.ts";

/** Packets of a binlog dump as they came from the socket. */
export interface CapturedBytes {
  readonly chunks: readonly Buffer[];
  readonly checksum: "CRC32" | "NONE";
}

/** Silence after which the server has sent everything, ms. */
const QUIET_MS = 300;

/** Reads the log from the range's start up to its end on the server into memory. */
export async function captureBytes(url: string, range: LogRange): Promise<CapturedBytes> {
  await using replica = new Replica({
    connection: mysqlEndpoint(url),
    serverId: 4_000_000_000 + process.pid,
    heartbeatMs: 60_000,
  });
  await using dump = await replica.dump({ kind: "position", ...range.start });
  const chunks: Buffer[] = [];
  for (;;) {
    const chunk = dump.read();
    if (chunk !== null) {
      chunks.push(Buffer.from(chunk));
      continue;
    }
    const arrived = dump.wait().catch(() => false);
    const isQuiet = systemClock.sleep(QUIET_MS).then(() => false);
    if (!(await Promise.race([arrived, isQuiet]))) return { chunks, checksum: dump.checksum };
  }
}
