import type { CaptureConfig } from "../../config/config.ts";
import { tableName } from "../../core/schema.ts";
import { createRecordEncoder, type RecordEncoder } from "../../transport/record-encoder.ts";
import type { OpenOptions } from "../stages.ts";

/** The encoder that a capture's configuration asks for; a table without a key, and one with rows too large for their topic, is warned of once. `logFile` is any file of the source's log. Throws CONFIG_INVALID. */
export function createEncoder(
  { name, sink }: CaptureConfig,
  logFile: string,
  { clock, logger }: Pick<OpenOptions, "clock" | "logger">,
): RecordEncoder {
  const { format, partitioner, partitionBy, enumLabels } = sink;
  const tablesWithKeysOnly = new Set<string>();
  return createRecordEncoder({
    format,
    partitioner,
    partitionBy,
    enumLabels,
    name,
    logBaseName: logFile.slice(0, logFile.lastIndexOf(".")),
    clock,
    onUnkeyed: (table) => {
      logger.warn(
        { table: tableName(table) },
        "the table has no primary key: all its rows go to one partition; name columns in sink.partition_by to spread them",
      );
    },
    onKeyOnly: (schema) => {
      const table = tableName(schema);
      if (tablesWithKeysOnly.has(table)) return;
      tablesWithKeysOnly.add(table);
      logger.warn(
        { table },
        "rows are too large for their topic and go as their key only: syncs read them again from MySQL (source.mysql), other readers miss the rest; raise the topic's max.message.bytes",
      );
    },
  });
}
