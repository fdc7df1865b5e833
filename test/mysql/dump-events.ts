import { PacketReader } from "../../src/binlog/packet-reader.ts";
import { EventType } from "../../src/binlog/constants.ts";
import type { ByteSource } from "../../src/core/byte-source.ts";
import type { TailraceError } from "../../src/core/errors.ts";
import { translateReplicationError } from "../../src/mysql/translate-error.ts";

/** What the tests look at in an event. */
export interface SeenEvent {
  readonly type: number;
  /** Offset behind the event in its file; 0 for artificial ones. */
  readonly endPosition: number;
  /** The event with header and checksum. */
  readonly bytes: Buffer;
}

const HEADER_BYTES = 19;
const CHECKSUM_BYTES = 4;

/** What each dump's reading has left over: a chunk may end inside a packet. */
const readers = new WeakMap<ByteSource, PacketReader>();

/** Pulls a dump's events from where the last call stopped until `isLast` says so; an ERR packet is thrown, translated. Stops silently when the connection ends. */
export async function readEvents(
  source: ByteSource,
  isLast: (event: SeenEvent) => boolean,
): Promise<readonly SeenEvent[]> {
  const packets = readers.get(source) ?? new PacketReader();
  readers.set(source, packets);
  const events: SeenEvent[] = [];
  for (;;) {
    while (packets.next()) {
      const payload = packets.bytes.subarray(packets.start, packets.end);
      const error = errorOf(payload);
      if (error !== undefined) throw error;
      const bytes = Buffer.from(payload.subarray(1));
      events.push({ type: bytes[4]!, endPosition: bytes.readUInt32LE(13), bytes });
      if (isLast(events.at(-1)!)) return events;
    }
    const chunk = source.read();
    if (chunk !== null) packets.push(chunk);
    else if (!(await source.wait())) return events;
  }
}

/** The file name in a ROTATE event that has a checksum. */
export function rotateFile({ bytes }: SeenEvent): string {
  return bytes.toString("latin1", HEADER_BYTES + 8, bytes.length - CHECKSUM_BYTES);
}

/** The statement in a QUERY event, loosely: its readable end. */
export function queryText({ bytes }: SeenEvent): string {
  return bytes.toString("latin1", HEADER_BYTES);
}

export { EventType };

function errorOf(payload: Buffer): TailraceError | undefined {
  if (payload[0] !== 0xff) return undefined;
  return translateReplicationError(payload.readUInt16LE(1), payload.toString("utf8", 9));
}
