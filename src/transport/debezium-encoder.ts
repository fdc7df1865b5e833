import { createDebeziumFormat, type DebeziumFormatOptions } from "./debezium-format.ts";
import type { Partitioner } from "./partitioner.ts";
import type { RecordEncoder } from "./record-encoder.ts";
import { TextRecordEncoder, type TextRecordEncoderOptions } from "./text-record-encoder.ts";

/** Makes the encoder of records as Debezium writes them: see {@link createDebeziumFormat}. */
export function createDebeziumEncoder(
  partitioner: Partitioner,
  options: DebeziumFormatOptions & Pick<TextRecordEncoderOptions, "onKeyOnly">,
): RecordEncoder {
  return new TextRecordEncoder({
    partitioner,
    now: options.now,
    onKeyOnly: options.onKeyOnly,
    createFormat: (schema) => createDebeziumFormat(schema, options),
  });
}
