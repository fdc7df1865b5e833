import type { ByteSource } from "../core/byte-source.ts";
import { TailraceError } from "../core/errors.ts";
import { translateReplicationError } from "./translate-error.ts";

const COM_BINLOG_DUMP = 0x12;
const COM_REGISTER_SLAVE = 0x15;
const COM_BINLOG_DUMP_GTID = 0x1e;
const BINLOG_THROUGH_GTID = 0x04;
const BINLOG_START = 4;
const PACKET_HEADER_BYTES = 4;
const OK = 0x00;
const ERR = 0xff;

/** The host name that we register with, by which SHOW REPLICAS tells us from other replicas. */
export const REPLICA_HOST = "tailrace";

/**
 * COM_REGISTER_SLAVE, which lists us in SHOW REPLICAS; the server answers OK or ERR:
 *
 *     1  0x15        4  server id    1+n  host    1+n  user    1+n  password    2  port    4  rank (unused)    4  source id
 *
 * https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_register_replica.html (by its old name)
 */
export function registerReplica(serverId: number): Buffer {
  const host = Buffer.from(REPLICA_HOST);
  return packet([
    Buffer.from([COM_REGISTER_SLAVE]),
    uint32(serverId),
    Buffer.from([host.length]),
    host,
    Buffer.alloc(1 + 1 + 2 + 4 + 4),
  ]);
}

/**
 * COM_BINLOG_DUMP, answered by an endless stream of events, or ERR:
 *
 *     1  0x12        4  position     2  flags     4  server id    n  file name to the packet's end
 *
 * https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_binlog_dump.html
 */
export function binlogDump(serverId: number, file: string, position: number): Buffer {
  return packet([
    Buffer.from([COM_BINLOG_DUMP]),
    uint32(position),
    Buffer.alloc(2),
    uint32(serverId),
    Buffer.from(file),
  ]);
}

/**
 * COM_BINLOG_DUMP_GTID of MySQL, answered by every transaction outside the encoded set, or ERR:
 *
 *     1  0x1e        2  flags        4  server id     4+n  file name (none)     8  position     4+n  GTID set
 *
 * https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_binlog_dump_gtid.html
 */
export function binlogDumpGtid(serverId: number, gtidSet: Buffer): Buffer {
  const position = Buffer.alloc(8);
  position.writeUInt32LE(BINLOG_START);
  return packet([
    Buffer.from([COM_BINLOG_DUMP_GTID, BINLOG_THROUGH_GTID, 0]),
    uint32(serverId),
    uint32(0),
    position,
    uint32(gtidSet.length),
    gtidSet,
  ]);
}

/** Waits for the one packet that answers a command. Throws SOURCE_* when it is an error or the connection ends. */
export async function readReply(source: ByteSource): Promise<void> {
  let reply: Buffer = Buffer.alloc(0);
  while (
    reply.length < PACKET_HEADER_BYTES ||
    reply.length < PACKET_HEADER_BYTES + reply.readUIntLE(0, 3)
  ) {
    const chunk = source.read();
    if (chunk !== null) reply = Buffer.concat([reply, chunk]);
    else if (!(await source.wait())) {
      throw new TailraceError(
        "SOURCE_UNREACHABLE",
        "MySQL closed the connection of the binlog dump",
      );
    }
  }
  const payload = reply.subarray(PACKET_HEADER_BYTES);
  if (payload[0] === OK) return;
  if (payload[0] !== ERR) {
    throw new TailraceError(
      "SOURCE_UNREACHABLE",
      "MySQL answered COM_REGISTER_SLAVE with an unknown packet",
    );
  }
  // ERR: 2 bytes number, '#' and 5 bytes SQL state, text.
  throw translateReplicationError(payload.readUInt16LE(1), payload.toString("utf8", 9));
}

function packet(parts: readonly Buffer[]): Buffer {
  const payload = Buffer.concat(parts);
  const header = Buffer.alloc(PACKET_HEADER_BYTES);
  header.writeUIntLE(payload.length, 0, 3);
  return Buffer.concat([header, payload]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
