import type { DirectConfig, MysqlConnectionConfig, SyncConfig } from "../../config/config.ts";
import type { ChunkReader } from "../../core/load.ts";
import type { ConnectionOptions } from "../../mysql/connection.ts";
import { openChunkReader } from "../../mysql/chunk-reader.ts";
import { mysqlOf } from "./load-source.ts";

/**
 * Opens readers of chunks as a pipeline is configured: at its source, or at `load.replica` with the source's watermarks. Throws CONFIG_INVALID for a sync without
 * `source.mysql`; the readers throw SOURCE_*, also when the signal aborts, or when the source is not the server with this uuid.
 */
export function createReaderOpener(
  config: DirectConfig | SyncConfig,
  serverUuid?: string,
): (signal?: AbortSignal) => Promise<ChunkReader> {
  const source = readingOptions(mysqlOf(config));
  const { replica } = config.load;
  return (signal) => {
    const at = { ...source, signal };
    return openChunkReader(
      replica === undefined
        ? { ...at, serverUuid }
        : { ...readingOptions(replica), signal, source: at, serverUuid },
    );
  };
}

/** A reader's queries take as long as its chunks. */
function readingOptions(server: MysqlConnectionConfig): ConnectionOptions {
  const { host, port, user, password, tls, connectTimeoutMs } = server;
  return { host, port, user, password, tls, connectTimeoutMs };
}
