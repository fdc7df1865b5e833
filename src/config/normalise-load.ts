import type { LoadConfig, VerifyConfig } from "./config.ts";
import { optional } from "./optional.ts";
import { reportBelow, type ConfigProblem } from "./problems.ts";
import { readMysqlServer } from "./read-mysql-server.ts";
import type { ConfigDocument } from "./schema.ts";
import type { FileSources } from "./tls.ts";

/** `[load]` and `[verify]` as the program uses them; problems are added. */
export function normaliseLoad(
  { load, verify, source }: Pick<ConfigDocument, "load" | "verify" | "source">,
  sources: FileSources,
  problems: ConfigProblem[],
): { readonly load: LoadConfig; readonly verify: VerifyConfig } {
  const { replica, pause_while_lagging: pause } = load;
  const reading = (...path: string[]) => ({
    sources,
    report: reportBelow(["load", ...path], problems),
  });
  const hasStart = source.type !== "mysql" || source.start !== undefined;
  return {
    load: {
      mode: load.mode ?? (hasStart ? "never" : "initial"),
      ...optional(
        "replica",
        replica === undefined ? undefined : readMysqlServer(replica, reading("replica")),
      ),
      connections: load.connections,
      ...optional("maxRowsPerSecond", load.max_rows_per_second),
      chunkBytes: load.chunk_size,
      ...optional(
        "pauseWhileLagging",
        pause && {
          replica: readMysqlServer(pause.replica, reading("pause_while_lagging", "replica")),
          maxLagMs: pause.max_lag,
        },
      ),
      relaxIndex: load.relax_index,
    },
    verify: {
      ...optional(
        "continuousRowsPerSecond",
        verify.continuous === undefined ? undefined : Number.parseInt(verify.continuous, 10),
      ),
      settleTimeoutMs: verify.settle_timeout,
    },
  };
}
