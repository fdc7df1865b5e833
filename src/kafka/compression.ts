import { constants, gunzipSync, gzipSync, zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { compressionsAlgorithms } from "@platformatic/kafka";
import { TailraceError } from "../core/errors.ts";

/** How record batches are compressed. */
export type Compression = "none" | "gzip" | "snappy" | "lz4" | "zstd";

/** By their number in a batch's attributes. */
export const COMPRESSIONS: readonly Compression[] = ["none", "gzip", "snappy", "lz4", "zstd"];

/** More than any batch that a broker takes becomes: a limit for bytes that only look like one. */
const MAX_DECOMPRESSED_BYTES = 1 << 30;

/** Compresses the records of a batch. Not with `none`. */
export function compress(algorithm: Exclude<Compression, "none">, records: Buffer): Buffer {
  switch (algorithm) {
    case "gzip":
      return gzipSync(records, { level: constants.Z_BEST_SPEED });
    case "zstd":
      return zstdCompressSync(records);
    case "snappy":
    case "lz4":
      return compressionsAlgorithms[algorithm].compressSync(records);
  }
}

/** The records of a compressed batch; `number` is the algorithm's in its attributes. Throws KAFKA_UNSUPPORTED for one that does not exist. */
export function decompress(number: number, records: Buffer): Buffer {
  const algorithm = COMPRESSIONS[number];
  if (algorithm === undefined) {
    throw new TailraceError(
      "KAFKA_UNSUPPORTED",
      `records are compressed by algorithm ${number}, which is not known`,
    );
  }
  const limit = { maxOutputLength: MAX_DECOMPRESSED_BYTES };
  switch (algorithm) {
    case "none":
      return records;
    case "gzip":
      return gunzipSync(records, limit);
    case "zstd":
      return zstdDecompressSync(records, limit);
    case "snappy":
    case "lz4":
      return compressionsAlgorithms[algorithm].decompressSync(records);
  }
}
