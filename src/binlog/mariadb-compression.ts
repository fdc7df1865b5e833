import { inflateRawSync, inflateSync } from "node:zlib";
import { TailraceError } from "../core/errors.ts";

/** More than this from one event or value is corruption: they hold at most max_allowed_packet (1 GiB). */
const MAX_UNCOMPRESSED_BYTES = 0x4000_0000;

const EMPTY = Buffer.alloc(0);
/** Column values: bit 3 of the first byte. */
const NO_ZLIB_WRAPPER = 0x08;

/**
 * Undoes MariaDB's `binlog_buf_compress` (`log_event_server.cc`): one byte 0x80 | algorithm << 4 | number of length bytes, the uncompressed
 * length big-endian, then zlib data (algorithm 0). Throws BINLOG_CORRUPT, BINLOG_UNSUPPORTED.
 */
export function uncompressMariadb(data: Buffer): Buffer {
  const head = data[0] ?? 0;
  if ((head & 0x80) === 0) throw invalidHeader();
  const algorithm = (head >> 4) & 0x07;
  if (algorithm !== 0) throw unknownAlgorithm(algorithm);
  return inflate(data, true);
}

/**
 * Undoes MariaDB's column compression (https://mariadb.com/kb/en/storage-engine-independent-column-compression/): nothing for an empty value; a byte 0
 * and the value; or a byte 8 << 4 | 0x08 without zlib header and trailer | number of length bytes, the uncompressed length big-endian, deflated data.
 * The result is a view where nothing was compressed. Throws BINLOG_CORRUPT, BINLOG_UNSUPPORTED.
 */
export function uncompressColumn(value: Buffer): Buffer {
  const head = value[0];
  if (head === undefined) return EMPTY;
  const algorithm = head >> 4;
  if (algorithm === 0) return value.subarray(1);
  if (algorithm !== 8) throw unknownAlgorithm(algorithm);
  return inflate(value, (head & NO_ZLIB_WRAPPER) === 0);
}

/** Inflates what follows the first byte, whose low three bits say how many bytes the uncompressed length has. */
function inflate(data: Buffer, hasWrapper: boolean): Buffer {
  const lengthBytes = data[0]! & 0x07;
  if (lengthBytes < 1 || lengthBytes > 4 || data.length < 1 + lengthBytes) throw invalidHeader();
  const length = data.readUIntBE(1, lengthBytes);
  if (length > MAX_UNCOMPRESSED_BYTES)
    throw new TailraceError("BINLOG_CORRUPT", `Compressed data announces ${length} bytes.`);
  try {
    const options = { maxOutputLength: Math.max(1, length) };
    const content = data.subarray(1 + lengthBytes);
    const plain = hasWrapper ? inflateSync(content, options) : inflateRawSync(content, options);
    if (plain.length === length) return plain;
  } catch (cause) {
    throw new TailraceError("BINLOG_CORRUPT", "Compressed data cannot be uncompressed.", { cause });
  }
  throw new TailraceError("BINLOG_CORRUPT", "Compressed data is shorter than it announces.");
}

function invalidHeader(): TailraceError {
  return new TailraceError("BINLOG_CORRUPT", "Compressed data has no valid header.");
}

function unknownAlgorithm(algorithm: number): TailraceError {
  return new TailraceError(
    "BINLOG_UNSUPPORTED",
    `Compression algorithm ${algorithm} of compressed data is unknown.`,
  );
}
