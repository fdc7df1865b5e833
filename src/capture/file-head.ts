import { EventType, FLAG_ARTIFICIAL } from "../binlog/constants.ts";
import { PacketReader } from "../binlog/packet-reader.ts";
import { decodePreviousGtids } from "../binlog/previous-gtids.ts";
import type { ByteSource } from "../core/byte-source.ts";
import { TailraceError } from "../core/errors.ts";
import type { GtidSet } from "../core/gtid.ts";

/** What the first events of a file of the log tell. */
export interface FileHead {
  /** When the file was begun, ms since 1970, whole seconds (FORMAT_DESCRIPTION). */
  readonly timestampMs: number;
  /** MySQL's PREVIOUS_GTIDS: the transactions of all earlier files; null when the file has none. */
  readonly previousGtids: GtidSet | null;
}

/** A binlog dump, as {@link BinlogConnection}; `translateError` makes an error of an ERR packet. */
export interface FileHeadOptions {
  readonly translateError: (code: number, message: string) => TailraceError;
  /** Does PREVIOUS_GTIDS follow (MySQL)? */
  readonly hasPreviousGtids: boolean;
  /** Whether events end with four bytes of checksum before FORMAT_DESCRIPTION has told. */
  readonly checksum: "CRC32" | "NONE";
}

const HEADER_BYTES = 19;
const CHECKSUM_BYTES = 4;
const PACKET_OK = 0x00;
const PACKET_ERR = 0xff;

/** Reads the head of a file from a dump that began at its start. Throws SOURCE_*, BINLOG_CORRUPT. */
export async function readFileHead(dump: ByteSource, options: FileHeadOptions): Promise<FileHead> {
  const packets = new PacketReader();
  let timestampMs: number | null = null;
  let hasChecksum = options.checksum === "CRC32";
  for (;;) {
    while (!packets.next()) {
      const chunk = dump.read();
      if (chunk !== null) packets.push(chunk);
      else if (!(await dump.wait()))
        throw new TailraceError("SOURCE_UNREACHABLE", "The server ended the binlog stream.");
    }
    const { bytes, start, end } = packets;
    if (bytes[start] === PACKET_ERR)
      throw options.translateError(
        bytes.readUInt16LE(start + 1),
        bytes.toString("utf8", start + 9, end),
      );
    const event = start + 1;
    if (bytes[start] !== PACKET_OK || end - event < HEADER_BYTES)
      throw new TailraceError("BINLOG_CORRUPT", "A packet of the binlog stream holds no event.");
    const type = bytes[event + 4];
    if ((bytes.readUInt16LE(event + 17) & FLAG_ARTIFICIAL) !== 0) continue;
    if (type === EventType.FORMAT_DESCRIPTION) {
      timestampMs = bytes.readUInt32LE(event) * 1_000;
      hasChecksum = bytes[end - CHECKSUM_BYTES - 1] === 1;
      if (!options.hasPreviousGtids) return { timestampMs, previousGtids: null };
      continue;
    }
    if (timestampMs === null) continue;
    if (type !== EventType.PREVIOUS_GTIDS) return { timestampMs, previousGtids: null };
    const contentEnd = hasChecksum ? end - CHECKSUM_BYTES : end;
    const body = event + HEADER_BYTES;
    return { timestampMs, previousGtids: decodePreviousGtids(bytes, body, contentEnd) };
  }
}
