import { createMaxwellFormat, type MaxwellFormatOptions } from "./maxwell-format.ts";
import type { Partitioner } from "./partitioner.ts";
import type { RecordEncoder } from "./record-encoder.ts";
import { TextRecordEncoder, type TextRecordEncoderOptions } from "./text-record-encoder.ts";

/** Makes the encoder of records as Maxwell writes them: see {@link createMaxwellFormat}. */
export function createMaxwellEncoder(
  partitioner: Partitioner,
  options: MaxwellFormatOptions & Pick<TextRecordEncoderOptions, "now" | "onKeyOnly">,
): RecordEncoder {
  return new TextRecordEncoder({
    partitioner,
    now: options.now,
    onKeyOnly: options.onKeyOnly,
    createFormat: (schema) => createMaxwellFormat(schema, options),
  });
}
