import type { CaptureConfig } from "../../config/config.ts";
import { tableName } from "../../core/schema.ts";
import { createRecordEncoder, type RecordEncoder } from "../../transport/record-encoder.ts";
import type { OpenOptions } from "../stages.ts";

/** The encoder that a capture's configuration asks for; a table without a key is warned of once. `logFile` is any file of the source's log. Throws CONFIG_INVALID. */
export function createEncoder(
  { name, sink }: CaptureConfig,
  logFile: string,
  { clock, logger }: Pick<OpenOptions, "clock" | "logger">,
): RecordEncoder {
  const { format, partitioner, partitionBy, enumLabels } = sink;
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
  });
}
