import { createHash } from "node:crypto";
import { RECORD_HEADERS } from "../core/record.ts";
import type { TableSchema } from "../core/schema.ts";

/** What a block of headers says. */
export interface HeaderValues {
  readonly versionHigh: number;
  readonly versionLow: number;
  /** µs since 1970; 0 = unknown: left out. */
  readonly commitTimeUs: number;
  /** See {@link schemaId}; null for records that hold no rows. */
  readonly schema: Buffer | null;
  readonly keyOnly: boolean;
}

/**
 * Writes the block of a record's headers as it stands in a batch (https://kafka.apache.org/documentation/#recordheader):
 *
 *     count, then for each: length of the name, name, length of the value, value       counts and lengths are zigzag varints
 *
 * The block is a view, valid until the next call.
 */
export class HeaderBlock {
  readonly #bytes = Buffer.alloc(256);

  /** The block of these values. */
  encode({ versionHigh, versionLow, commitTimeUs, schema, keyOnly }: HeaderValues): Buffer {
    const out = this.#bytes;
    let count = 1;
    let o = writeName(VERSION, out, 1);
    o = closeValue(out, o, writeUint64(versionHigh, versionLow, out, o + 1));
    if (schema !== null) {
      count += 1;
      o = writeName(SCHEMA, out, o);
      out.set(schema, o + 1);
      o = closeValue(out, o, o + 1 + schema.length);
    }
    if (commitTimeUs > 0) {
      count += 1;
      o = writeName(COMMIT_TIME, out, o);
      const high = Math.floor(commitTimeUs / 2 ** 32);
      o = closeValue(out, o, writeUint64(high, commitTimeUs % 2 ** 32, out, o + 1));
    }
    if (keyOnly) {
      count += 1;
      o = writeName(KEY_ONLY, out, o);
      out[o + 1] = 0x31;
      o = closeValue(out, o, o + 2);
    }
    out[0] = 2 * count;
    return out.subarray(0, o);
  }
}

const VERSION = nameBytes(RECORD_HEADERS.version);
const SCHEMA = nameBytes(RECORD_HEADERS.schema);
const COMMIT_TIME = nameBytes(RECORD_HEADERS.commitTime);
const KEY_ONLY = nameBytes(RECORD_HEADERS.keyOnly);

/** A name with its length before it: all names and values have fewer than 64 bytes, so that a length is one byte. */
function nameBytes(name: string): Buffer {
  return Buffer.concat([Buffer.of(2 * name.length), Buffer.from(name)]);
}

function writeName(name: Buffer, out: Buffer, o: number): number {
  out.set(name, o);
  return o + name.length;
}

/** Puts the length of the value in out[o + 1, end) before it. */
function closeValue(out: Buffer, o: number, end: number): number {
  out[o] = 2 * (end - o - 1);
  return end;
}

const LIMBS = new Float64Array(4);
const PARTS = new Float64Array(4);

/** Writes `high` × 2^32 + `low`, both taken as unsigned, in decimal digits: long division by 10^6 in steps of 16 bits. */
function writeUint64(high: number, low: number, out: Buffer, o: number): number {
  LIMBS[0] = high >>> 16;
  LIMBS[1] = high & 0xffff;
  LIMBS[2] = low >>> 16;
  LIMBS[3] = low & 0xffff;
  let count = 0;
  do {
    let rest = 0;
    for (let i = 0; i < 4; i++) {
      const dividend = rest * 65536 + LIMBS[i]!;
      const quotient = Math.floor(dividend / 1e6);
      LIMBS[i] = quotient;
      rest = dividend - quotient * 1e6;
    }
    PARTS[count++] = rest;
  } while (LIMBS.some((limb) => limb > 0));
  let digits = 1;
  for (let rest = PARTS[count - 1]!; rest >= 10; rest /= 10) digits += 1;
  for (let i = count - 1; i >= 0; i--, digits = 6) {
    let rest = PARTS[i]!;
    for (let at = o + digits - 1; at >= o; at--) {
      const next = Math.floor(rest / 10);
      out[at] = 0x30 + rest - next * 10;
      rest = next;
    }
    o += digits;
  }
  return o;
}

/**
 * Names a table's definition: the first 64 bits of a SHA-256 over database, table, names and types of columns, and key, as 16 hex digits. What formats that list
 * a key in the order of the table's columns cannot tell follows, the order of the key, where it is another one: see {@link RECORD_HEADERS}.
 */
export function schemaId({ database, table, columns, primaryKey }: TableSchema): Buffer {
  const definition = [database, table, columns.map(({ name, type }) => [name, type]), primaryKey];
  const hash = createHash("sha256").update(JSON.stringify(definition)).digest("hex");
  const places = primaryKey.map((column) => primaryKey.filter((other) => other < column).length);
  const isInOrder = places.every((place, n) => place === n);
  return Buffer.from(`${hash.slice(0, 16)}${isInOrder ? "" : `:${places.join(",")}`}`);
}

/** The columns of a key, given in the order of the table's columns, in the order that the definition's name tells. */
export function keyInOrder(names: readonly string[], id: string): readonly string[] {
  const places = id.split(":")[1]?.split(",").map(Number) ?? [];
  const ordered = places.flatMap((place) => names[place] ?? []);
  return new Set(ordered).size === names.length ? ordered : names;
}
