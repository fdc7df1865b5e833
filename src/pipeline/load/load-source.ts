import type { DirectConfig, MysqlConnectionConfig, SyncConfig } from "../../config/config.ts";
import { TailraceError } from "../../core/errors.ts";

/** The server that rows are read from, and whose log the stream comes from. Throws CONFIG_INVALID for a sync that does not name it. */
export function mysqlOf(config: DirectConfig | SyncConfig): MysqlConnectionConfig {
  if (config.topology === "direct") return config.source;
  const { mysql } = config.source;
  if (mysql !== undefined) return mysql;
  throw new TailraceError(
    "CONFIG_INVALID",
    "rows are read from MySQL, and source.mysql is not set: it names the server that the records come from",
  );
}
