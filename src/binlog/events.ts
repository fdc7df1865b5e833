import { isAscii } from "node:buffer";
import { Cursor } from "./cursor.ts";

/** The transaction id and times of a GTID event; `gtid` is undefined for anonymous transactions. */
export interface GtidEvent {
  readonly gtid: string | undefined;
  /** Commit time on the server that we read from, µs since 1970; 0 when the event does not tell. */
  readonly commitTimeUs: number;
}

/** Where the log goes on (ROTATE). */
export interface RotateEvent {
  readonly file: string;
  readonly position: number;
}

/** What FORMAT_DESCRIPTION tells a reader. */
export interface FormatDescription {
  readonly serverVersion: string;
  /** Events end with four bytes of CRC32. */
  readonly checksum: boolean;
}

/** A statement in the log: BEGIN, COMMIT, DDL, XA, and DML that was not logged by rows. */
export interface QueryEvent {
  readonly database: string;
  readonly statement: string;
}

/** ROTATE: 8 bytes position, file name. */
export function decodeRotate(bytes: Buffer, start: number, end: number): RotateEvent {
  const c = new Cursor(bytes, start, end);
  const position = Number(c.uint64());
  return { position, file: c.text(c.remaining) };
}

/**
 * FORMAT_DESCRIPTION: 2 bytes version, 50 bytes server version, 4 bytes time, 1 byte header length, post-header lengths, then (since 5.6.1)
 * 1 byte checksum algorithm and the 4 bytes of a checksum, which are there even when the algorithm is 0.
 */
export function decodeFormatDescription(
  bytes: Buffer,
  start: number,
  end: number,
): FormatDescription {
  const c = new Cursor(bytes, start, end);
  c.uint16();
  const version = c.view(50);
  const nul = version.indexOf(0);
  return {
    serverVersion: version.toString("latin1", 0, nul < 0 ? 50 : nul),
    checksum: bytes[end - 5] === 1,
  };
}

/** Decodes a text in the character set of a collation id. */
export type DecodeCollation = (collation: number, bytes: Buffer) => string;

/**
 * QUERY: thread id 4, execution time 4, length of database name 1, error code 2, length of status variables 2; variables, name, NUL, statement. The
 * statement is as the client sent it, in its character set: `decode` is called for one that is not ASCII.
 */
export function decodeQuery(
  bytes: Buffer,
  range: { readonly start: number; readonly end: number },
  decode?: DecodeCollation,
): QueryEvent {
  return decodeStatement(new Cursor(bytes, range.start, range.end), 0, decode);
}

/** EXECUTE_LOAD_QUERY: as QUERY, with file id 4, place of the file's name in the statement 4 + 4 and duplicates 1 before the variables. */
export function decodeExecuteLoadQuery(
  bytes: Buffer,
  range: { readonly start: number; readonly end: number },
  decode?: DecodeCollation,
): QueryEvent {
  return decodeStatement(new Cursor(bytes, range.start, range.end), 13, decode);
}

function decodeStatement(c: Cursor, extraBytes: number, decode?: DecodeCollation): QueryEvent {
  c.take(8);
  const nameBytes = c.uint8();
  c.uint16();
  const variableBytes = c.uint16();
  c.take(extraBytes);
  const variables = c.view(variableBytes);
  const database = c.text(nameBytes);
  c.uint8();
  const text = c.view(c.remaining);
  const collation = decode === undefined || isAscii(text) ? undefined : clientCollation(variables);
  const statement = collation === undefined ? text.toString("utf8") : decode!(collation, text);
  return { database, statement };
}

/**
 * The client's collation id among the status variables: a code each, then its value: 0 flags 4, 1 sql_mode 8, 6 catalog 1 + n, 3 auto_increment 4,
 * 4 character sets of client, connection and server 2 each. What follows is not looked at.
 */
function clientCollation(variables: Buffer): number | undefined {
  const c = new Cursor(variables, 0, variables.length);
  while (c.remaining > 0) {
    switch (c.uint8()) {
      case 0:
      case 3:
        c.take(4);
        break;
      case 1:
        c.take(8);
        break;
      case 6:
        c.take(c.uint8());
        break;
      case 4:
        return c.uint16();
      default:
        return undefined;
    }
  }
  return undefined;
}

/**
 * GTID and ANONYMOUS_GTID: flags 1, source id 16, number 8, logical clock type 1, last committed 8, sequence number 8, then (8.0) commit time
 * 7 bytes with bit 55 set when the original commit time follows.
 */
export function decodeGtid(
  bytes: Buffer,
  start: number,
  end: number,
  anonymous: boolean,
): GtidEvent {
  const c = new Cursor(bytes, start, end);
  c.uint8();
  const sid = c.take(16);
  const number = c.uint64Number();
  return {
    gtid: anonymous ? undefined : `${uuidAt(bytes, sid)}:${number}`,
    commitTimeUs: c.remaining >= 1 + 16 + 7 ? readCommitTime(c) : 0,
  };
}

/** The uuid of the transaction before, which is nearly always that of the next one too. */
let lastUuid = "";
const lastUuidBytes = Buffer.alloc(16);

function uuidAt(bytes: Buffer, offset: number): string {
  if (lastUuid === "" || bytes.compare(lastUuidBytes, 0, 16, offset, offset + 16) !== 0) {
    bytes.copy(lastUuidBytes, 0, offset, offset + 16);
    lastUuid = formatUuid(lastUuidBytes);
  }
  return lastUuid;
}

function readCommitTime(c: Cursor): number {
  c.take(17);
  return c.bytes.readUIntLE(c.take(7), 6) + (c.bytes[c.offset - 1]! & 0x7f) * 2 ** 48;
}

/** A uuid's 16 bytes in the usual form. */
export function formatUuid(bytes: Buffer): string {
  const hex = bytes.toString("hex", 0, 16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** What MariaDB's GTID event adds: whether the transaction ends by itself (DDL) and its part in an XA transaction. */
export interface MariadbGtidEvent extends GtidEvent {
  /** A single statement without a COMMIT or XID behind it. */
  readonly standalone: boolean;
  /** The rows of an XA transaction that ends with XA_PREPARE. */
  readonly xaPrepared: boolean;
}

/** MariaDB's GTID: sequence number 8, domain 4, flags 1 (0x01 = standalone, 0x40 = prepared XA). The server id is the header's. */
export function decodeMariadbGtid(
  bytes: Buffer,
  start: number,
  end: number,
  serverId: number,
): MariadbGtidEvent {
  const c = new Cursor(bytes, start, end);
  const sequence = c.uint64();
  const domain = c.uint32();
  const flags = c.uint8();
  return {
    gtid: `${domain}-${serverId}-${sequence}`,
    commitTimeUs: 0,
    standalone: (flags & 0x01) !== 0,
    xaPrepared: (flags & 0x40) !== 0,
  };
}

/**
 * GTID_TAGGED (MySQL 8.3+): mysql::serialization's format: version, size and last non-ignorable field, then pairs of field id and value, all as
 * variable-length integers whose first byte has one trailing 1 bit for each further byte. Fields: 0 flags, 1 source id (16 integers), 2 number,
 * 3 tag, 4 last committed, 5 sequence number, 6 commit time, 7 original commit time, 8 transaction length, 9… versions and tickets.
 */
export function decodeTaggedGtid(bytes: Buffer, start: number, end: number): GtidEvent {
  const c = new Cursor(bytes, start, end);
  for (let i = 0; i < 3; i++) readVariable(c);
  const sid = Buffer.alloc(16);
  let number = 0n;
  let tag = "";
  let commitTimeUs = 0;
  while (c.remaining > 0) {
    const field = Number(readVariable(c));
    if (field === 1) {
      for (let i = 0; i < 16; i++) sid[i] = Number(readVariable(c));
    } else if (field === 2) {
      number = zigzag(readVariable(c));
    } else if (field === 3) {
      tag = c.text(Number(readVariable(c)));
    } else if (field === 6) {
      commitTimeUs = Number(readVariable(c));
    } else {
      readVariable(c);
    }
  }
  return {
    gtid: tag === "" ? `${formatUuid(sid)}:${number}` : `${formatUuid(sid)}:${tag}:${number}`,
    commitTimeUs,
  };
}

function readVariable(c: Cursor): bigint {
  const first = c.uint8();
  const more = trailingOnes(first);
  let value = BigInt(first);
  for (let i = 1; i <= more; i++) value |= BigInt(c.uint8()) << BigInt(8 * i);
  return value >> BigInt(Math.min(more + 1, 8));
}

function trailingOnes(byte: number): number {
  let count = 0;
  while (count < 8 && (byte & (1 << count)) !== 0) count++;
  return count;
}

function zigzag(value: bigint): bigint {
  return (value & 1n) === 0n ? value >> 1n : -((value + 1n) >> 1n);
}
