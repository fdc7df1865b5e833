import { RECORD_HEADERS, type RecordView } from "../core/record.ts";
import { RecordFault } from "./json-scanner.ts";

/**
 * What the headers of a record of ours say; fields are reused from one record to the next. That a record holds keys only need not be told: its rows lack columns.
 */
export interface KnownHeaders {
  /** Is there a version, as records of ours have one? */
  isOurs: boolean;
  versionHigh: number;
  versionLow: number;
  /** µs since 1970; 0 = not told. */
  commitTimeUs: number;
  /** The place of the schema's name in the record's bytes; start -1 = none. */
  schemaStart: number;
  schemaEnd: number;
}

/** Headers of no record. */
export function createKnownHeaders(): KnownHeaders {
  return {
    isOurs: false,
    versionHigh: 0,
    versionLow: 0,
    commitTimeUs: 0,
    schemaStart: -1,
    schemaEnd: -1,
  };
}

/** What the names of all headers of ours begin with. */
const PREFIX = Buffer.from("tailrace.");
const VERSION = Buffer.from(RECORD_HEADERS.version);
const SCHEMA = Buffer.from(RECORD_HEADERS.schema);
const COMMIT_TIME = Buffer.from(RECORD_HEADERS.commitTime);

/**
 * Reads a block of headers (https://kafka.apache.org/documentation/#recordheader): a count, then for each a length and name, a length (-1 = null) and value; numbers
 * are zigzag varints. Throws a RecordFault.
 */
export function readHeaders(record: RecordView, headers: KnownHeaders): void {
  headers.isOurs = false;
  headers.commitTimeUs = 0;
  headers.schemaStart = -1;
  const { bytes: b, headersEnd: end } = record;
  let p = record.headersStart;
  if (p >= end || p < 0) return;
  const count = varint(b, p, end);
  p = behindVarint(b, p);
  for (let i = 0; i < count; i++) {
    const nameLength = varint(b, p, end);
    const name = behindVarint(b, p);
    if (nameLength < 0 || name + nameLength > end) broken();
    p = name + nameLength;
    const length = Math.max(0, varint(b, p, end));
    const value = behindVarint(b, p);
    if (value + length > end) broken();
    p = value + length;
    if (hasBytes(b, name, nameLength, PREFIX))
      take(headers, b, { name, nameLength, value, end: p });
  }
}

interface Header {
  readonly name: number;
  readonly nameLength: number;
  readonly value: number;
  readonly end: number;
}

function take(headers: KnownHeaders, b: Buffer, header: Header): void {
  const { name, nameLength, value, end } = header;
  const is = (bytes: Buffer): boolean =>
    nameLength === bytes.length && hasBytes(b, name, nameLength, bytes);
  if (is(VERSION)) {
    takeVersion(headers, b, value, end);
  } else if (is(SCHEMA)) {
    headers.schemaStart = value;
    headers.schemaEnd = end;
  } else if (is(COMMIT_TIME)) {
    headers.commitTimeUs = decimal(b, value, end);
  }
}

function hasBytes(b: Buffer, p: number, length: number, bytes: Buffer): boolean {
  if (length < bytes.length) return false;
  for (let i = 0; i < bytes.length; i++) if (b[p + i] !== bytes[i]) return false;
  return true;
}

const TWO_TO_31 = 2_147_483_648;
const TWO_TO_32 = 4_294_967_296;
const MAX_VERSION_DIGITS = 19;

/** Decimal digits of up to 63 bits into halves of 32, without BigInt: both grow together, the low one carrying over. */
function takeVersion(headers: KnownHeaders, b: Buffer, p: number, end: number): void {
  if (p >= end || end - p > MAX_VERSION_DIGITS) wrongNumber();
  let high = 0;
  let low = 0;
  for (; p < end; p++) {
    low = low * 10 + digitAt(b, p);
    const carry = Math.floor(low / TWO_TO_32);
    low -= carry * TWO_TO_32;
    high = high * 10 + carry;
  }
  if (high >= TWO_TO_31) wrongNumber();
  headers.isOurs = true;
  headers.versionHigh = high;
  headers.versionLow = low;
}

function decimal(b: Buffer, p: number, end: number): number {
  let value = 0;
  for (; p < end; p++) value = value * 10 + digitAt(b, p);
  return value;
}

function digitAt(b: Buffer, p: number): number {
  const digit = b[p]! - 0x30;
  return digit >= 0 && digit <= 9 ? digit : wrongNumber();
}

/** The zigzag varint at `p`, of 32 bits. */
function varint(b: Buffer, p: number, end: number): number {
  let value = 0;
  for (let shift = 0; shift < 35; shift += 7, p++) {
    if (p >= end) broken();
    value |= (b[p]! & 0x7f) << shift;
    if (b[p]! < 0x80) return (value >>> 1) ^ -(value & 1);
  }
  return broken();
}

/** The place behind a varint that was read. */
function behindVarint(b: Buffer, p: number): number {
  while (b[p]! >= 0x80) p++;
  return p + 1;
}

function broken(): never {
  throw new RecordFault("broken record headers");
}

function wrongNumber(): never {
  throw new RecordFault("a header of tailrace without the number that it should have");
}
