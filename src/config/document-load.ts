import type { LoadConfig, VerifyConfig } from "./config.ts";
import { describeMysqlServer } from "./document-kafka.ts";
import { optional } from "./optional.ts";
import type { ConfigInput } from "./schema.ts";
import { formatDuration, formatSize } from "./units.ts";

/** `[load]` with every key given. */
export function describeLoad(load: LoadConfig): NonNullable<ConfigInput["load"]> {
  const { replica, pauseWhileLagging: pause } = load;
  return {
    mode: load.mode,
    ...optional("replica", replica && describeMysqlServer(replica)),
    connections: load.connections,
    ...optional("max_rows_per_second", load.maxRowsPerSecond),
    chunk_size: formatSize(load.chunkBytes),
    ...optional(
      "pause_while_lagging",
      pause && {
        replica: describeMysqlServer(pause.replica),
        max_lag: formatDuration(pause.maxLagMs),
      },
    ),
    relax_index: load.relaxIndex,
  };
}

/** `[verify]` with every key given. */
export function describeVerify(verify: VerifyConfig): NonNullable<ConfigInput["verify"]> {
  const { continuousRowsPerSecond: rate } = verify;
  return {
    ...optional("continuous", rate === undefined ? undefined : `${rate} rows/s`),
    settle_timeout: formatDuration(verify.settleTimeoutMs),
  };
}
