import { createHash } from "node:crypto";
import { RECORD_HEADERS } from "../core/record.ts";
import type { TableSchema } from "../core/schema.ts";
import { writeUint53, writeUint64 } from "./digits.ts";

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
 * The block is a view, valid until the next call. One is mostly like the last but for its digits: only they are written then.
 */
export class HeaderBlock {
  readonly #bytes = Buffer.alloc(256);
  #block = this.#bytes.subarray(0, 0);
  #schema: Buffer | null = null;
  #keyOnly = false;
  #versionEnd = 0;
  #commitTimeUs = 0;
  #commitStart = 0;
  #commitEnd = 0;

  /** The block of these values. */
  encode(values: HeaderValues): Buffer {
    const { versionHigh, versionLow, commitTimeUs, schema, keyOnly } = values;
    const isAlike =
      writeUint64(versionHigh, versionLow, this.#bytes, VERSION_START) === this.#versionEnd &&
      schema === this.#schema &&
      keyOnly === this.#keyOnly &&
      (commitTimeUs === this.#commitTimeUs || this.#rewriteCommitTime(commitTimeUs));
    if (!isAlike) this.#rewrite(values);
    return this.#block;
  }

  /** Writes a commit time over that of the last block; false when there was none, or it had another length. */
  #rewriteCommitTime(commitTimeUs: number): boolean {
    if (commitTimeUs === 0 || this.#commitTimeUs === 0) return false;
    this.#commitTimeUs = commitTimeUs;
    return writeUint53(commitTimeUs, this.#bytes, this.#commitStart) === this.#commitEnd;
  }

  #rewrite({ versionHigh, versionLow, commitTimeUs, schema, keyOnly }: HeaderValues): void {
    const out = this.#bytes;
    let count = 1;
    let o = writeName(VERSION, out, 1);
    o = closeValue(out, o, writeUint64(versionHigh, versionLow, out, o + 1));
    this.#versionEnd = o;
    if (schema !== null) {
      count += 1;
      o = writeName(SCHEMA, out, o);
      out.set(schema, o + 1);
      o = closeValue(out, o, o + 1 + schema.length);
    }
    if (commitTimeUs > 0) {
      count += 1;
      o = writeName(COMMIT_TIME, out, o);
      this.#commitStart = o + 1;
      o = closeValue(out, o, writeUint53(commitTimeUs, out, o + 1));
      this.#commitEnd = o;
    }
    if (keyOnly) {
      count += 1;
      o = writeName(KEY_ONLY, out, o);
      out[o + 1] = 0x31;
      o = closeValue(out, o, o + 2);
    }
    out[0] = 2 * count;
    this.#schema = schema;
    this.#keyOnly = keyOnly;
    this.#commitTimeUs = commitTimeUs;
    this.#block = out.subarray(0, o);
  }
}

const VERSION = nameBytes(RECORD_HEADERS.version);
const SCHEMA = nameBytes(RECORD_HEADERS.schema);
const COMMIT_TIME = nameBytes(RECORD_HEADERS.commitTime);
const KEY_ONLY = nameBytes(RECORD_HEADERS.keyOnly);
/** The version's digits: behind the count, the name and the digits' length. */
const VERSION_START = 1 + VERSION.length + 1;

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
