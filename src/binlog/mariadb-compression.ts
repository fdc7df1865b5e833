import { inflateSync } from "node:zlib";
import { TailraceError } from "../core/errors.ts";

/** More than this from one event is corruption: rows events hold at most max_allowed_packet (1 GiB). */
const MAX_UNCOMPRESSED_BYTES = 0x4000_0000;

/**
 * Undoes MariaDB's `binlog_buf_compress` (`log_event_server.cc`): one byte 0x80 | algorithm << 4 | number of length bytes, the uncompressed
 * length big-endian, then zlib data (algorithm 0). Throws BINLOG_CORRUPT, BINLOG_UNSUPPORTED.
 */
export function uncompressMariadb(data: Buffer): Buffer {
  const head = data[0] ?? 0;
  const algorithm = (head >> 4) & 0x07;
  const lengthBytes = head & 0x07;
  if ((head & 0x80) === 0 || lengthBytes < 1 || lengthBytes > 4 || data.length < 1 + lengthBytes) {
    throw new TailraceError(
      "BINLOG_CORRUPT",
      "A compressed event has no valid compression header.",
    );
  }
  if (algorithm !== 0)
    throw new TailraceError(
      "BINLOG_UNSUPPORTED",
      `Compression algorithm ${algorithm} of a compressed event is unknown.`,
    );
  const length = data.readUIntBE(1, lengthBytes);
  if (length > MAX_UNCOMPRESSED_BYTES)
    throw new TailraceError("BINLOG_CORRUPT", `A compressed event announces ${length} bytes.`);
  try {
    const plain = inflateSync(data.subarray(1 + lengthBytes), {
      maxOutputLength: Math.max(1, length),
    });
    if (plain.length === length) return plain;
  } catch (cause) {
    throw new TailraceError("BINLOG_CORRUPT", "A compressed event cannot be uncompressed.", {
      cause,
    });
  }
  throw new TailraceError("BINLOG_CORRUPT", "A compressed event is shorter than it announces.");
}
