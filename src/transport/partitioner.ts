import { TailraceError } from "../core/errors.ts";
import type { JsonRow } from "../core/json-row.ts";
import type { RowLayout, TableVersion } from "../core/row-layout.ts";
import { KEY_HELPERS, keySource, walkSource } from "../core/row-source.ts";
import { type ColumnType, type TableSchema, tableName } from "../core/schema.ts";
import { parseTablePattern, patternsOverlap, type TablePattern } from "../core/table-pattern.ts";
import { canalValue } from "./canal-values.ts";
import {
  canalPartition,
  javaHash,
  javaHashOfJson,
  murmur2,
  murmur2Partition,
  withoutPadding,
} from "./hashes.ts";
import { createScratch } from "./scratch.ts";

/** What a partitioner is made of. */
export interface PartitionerOptions {
  /**
   * `murmur2`: Kafka's hash of the canonical key, which is the row's default document id: each column's text as documents have it, several joined by ":"
   * with ":" and "%" inside a part as %3A and %25; `canal`: what Canal computes for `partitionHash` with `$pk$`, the database's Java hash xor that of each
   * key value's text.
   */
  readonly partitioner: "murmur2" | "canal";
  /** Columns instead of the primary key, by `database.table` pattern; the first that matches counts. */
  readonly partitionBy: Readonly<Record<string, readonly string[]>>;
  /** A table has neither a primary key nor columns of `partitionBy`: all its rows go to one partition. Called once a table. */
  readonly onUnkeyed: (table: TableSchema) => void;
}

/** Chooses the partitions of one table's rows. */
export interface TablePartitioner {
  /** The partition of the row image at `p`. */
  ofImage(bytes: unknown, p: number, end: number, partitions: number): number;
  /** Have the row images at `before` and `after` the same primary key? Without a key always. */
  isSameKey(bytes: unknown, before: number, after: number, end: number): boolean;
}

/** Chooses the partitions of one table's rows that lie as JSON texts. */
export interface JsonRowPartitioner {
  /** The partition of a row whose key columns are known. */
  ofRow(row: JsonRow, partitions: number): number;
  isSameKey(before: JsonRow, after: JsonRow): boolean;
}

/** Chooses partitions: every row of a key goes to one partition, whatever the format of its record. */
export class Partitioner {
  readonly #options: PartitionerOptions;
  readonly #patterns: readonly {
    readonly pattern: TablePattern;
    readonly names: readonly string[];
  }[];
  readonly #unkeyed = new Set<string>();

  /** Throws CONFIG_INVALID for a pattern that is none. */
  constructor(options: PartitionerOptions) {
    this.#options = options;
    this.#patterns = Object.entries(options.partitionBy).map(([text, names]) => ({
      pattern: parseTablePattern(text),
      names,
    }));
  }

  /** Compiles the choice for a layout. Throws RULE_COLUMN_UNKNOWN when `partitionBy` names a column that the table lacks. */
  compile({ schema, layout }: TableVersion): TablePartitioner {
    const columns = this.#columns(schema);
    const { primaryKey } = schema;
    return {
      ofImage:
        this.#options.partitioner === "canal"
          ? compileCanal(schema, layout, columns)
          : compileMurmur2(layout, columns),
      isSameKey: primaryKey.length === 0 ? () => true : compileSameKey(layout, primaryKey),
    };
  }

  /** The same for rows as JSON texts. */
  ofJsonRows(schema: TableSchema): JsonRowPartitioner {
    const columns = this.#columns(schema);
    const { primaryKey } = schema;
    const isSameKey = (before: JsonRow, after: JsonRow): boolean =>
      primaryKey.every((column) => before[column] === after[column]);
    if (this.#options.partitioner === "canal") {
      const parts = columns.map((index) => canalPart(index, schema.columns[index]!.type));
      const start = javaHash(schema.database);
      return {
        isSameKey,
        ofRow: (row, partitions) =>
          canalPartition(
            parts.reduce((hash, part) => hash ^ part(row), start),
            partitions,
          ),
      };
    }
    return {
      isSameKey,
      ofRow: (row, partitions) => {
        if (columns.length === 0) return 0;
        const key = Buffer.from(keyText(row, columns));
        return murmur2Partition(murmur2(key, key.length), partitions);
      },
    };
  }

  /** Are the rows' partitions murmur2 hashes of their primary key? Then a record's key may be hashed instead, in whatever form its format gives it. */
  goesByKey(schema: TableSchema): boolean {
    return (
      this.#options.partitioner === "murmur2" &&
      schema.primaryKey.length > 0 &&
      this.#columns(schema) === schema.primaryKey
    );
  }

  /** The columns that choose the partition, in order; none = one partition for all rows. */
  #columns(schema: TableSchema): readonly number[] {
    const name = (text: string): string => `\`${text.replaceAll("`", "``")}\``;
    const table = parseTablePattern(`${name(schema.database)}.${name(schema.table)}`);
    const found = this.#patterns.find(({ pattern }) => patternsOverlap(pattern, table));
    if (found !== undefined) return found.names.map((column) => columnIndex(schema, column));
    const key = tableName(schema);
    if (schema.primaryKey.length === 0 && !this.#unkeyed.has(key)) {
      this.#unkeyed.add(key);
      this.#options.onUnkeyed(schema);
    }
    return schema.primaryKey;
  }
}

function columnIndex(schema: TableSchema, name: string): number {
  const index = schema.columns.findIndex((column) => column.name === name);
  if (index >= 0) return index;
  throw new TailraceError(
    "RULE_COLUMN_UNKNOWN",
    `${tableName(schema)}: partition_by names ${name}, a column that the table does not have.`,
  );
}

/** The canonical key of a row as JSON texts; NULL is nothing. */
function keyText(row: JsonRow, columns: readonly number[]): string {
  const parts = columns.map((column) => {
    const text = row[column] ?? "";
    return text.startsWith('"') ? (JSON.parse(text) as string) : text;
  });
  if (parts.length === 1) return parts[0]!;
  return parts.map((part) => part.replaceAll("%", "%25").replaceAll(":", "%3A")).join(":");
}

function canalPart(index: number, type: ColumnType): (row: JsonRow) => number {
  const convert = canalValue(type, { enumLabels: false });
  const isPadded = isPaddedBinary(type);
  return (row) => {
    const text = row[index];
    if (typeof text !== "string") return 0;
    const value = JSON.parse(convert(text)) as string;
    return javaHash(isPadded ? withoutPadding(value) : value);
  };
}

function isPaddedBinary(type: ColumnType): boolean {
  return type.kind === "binary" && type.fixedLength !== undefined;
}

type ChooseImage = TablePartitioner["ofImage"];

function compileMurmur2(layout: RowLayout, columns: readonly number[]): ChooseImage {
  if (columns.length === 0) return () => 0;
  return compile(
    layout,
    `return function (b, p, end, partitions) {
  const out = scratch(${keyBound(layout, columns)});
  let o = 0;
  ${keySource(layout, columns)}
  return murmur2Partition(murmur2(out, unescaped(out, o)), partitions);
};`,
    { murmur2, murmur2Partition, unescaped, scratch: createScratch() },
  ) as ChooseImage;
}

function compileCanal(
  schema: TableSchema,
  layout: RowLayout,
  columns: readonly number[],
): ChooseImage {
  const databaseHash = javaHash(schema.database);
  if (columns.length === 0)
    return (_b, _p, _end, partitions) => canalPartition(databaseHash, partitions);
  const walk = walkSource(layout, Math.max(...columns) + 1, (index) => {
    if (!columns.includes(index)) return null;
    const value = layout.writeJson(index, CANAL_KEY_FORM);
    const isPadded = isPaddedBinary(layout.columns[index]!.type);
    return {
      before: "",
      none: "",
      value: `o = 0; ${value} hash ^= javaHashOfJson(out, o, ${isPadded});`,
    };
  });
  return compile(
    layout,
    `return function (b, p, end, partitions) {
  const out = scratch(${keyBound(layout, columns)});
  let o = 0, hash = ${databaseHash};
  ${walk}
  return canalPartition(hash, partitions);
};`,
    { javaHashOfJson, canalPartition, scratch: createScratch() },
  ) as ChooseImage;
}

const CANAL_KEY_FORM = { dialect: "canal", enumLabels: false } as const;

function compileSameKey(
  layout: RowLayout,
  columns: readonly number[],
): TablePartitioner["isSameKey"] {
  return compile(
    layout,
    `function writeKey(b, p, end, out) { let o = 0; ${keySource(layout, columns)} return o; }
return function (b, before, after, end) {
  const one = scratch(${keyBound(layout, columns, "before")});
  const two = otherScratch(${keyBound(layout, columns, "after")});
  const length = writeKey(b, before, end, one);
  if (writeKey(b, after, end, two) !== length) return false;
  for (let i = 0; i < length; i++) if (one[i] !== two[i]) return false;
  return true;
};`,
    { scratch: createScratch(), otherScratch: createScratch() },
  ) as TablePartitioner["isSameKey"];
}

function compile(
  layout: RowLayout,
  source: string,
  constants: Readonly<Record<string, unknown>>,
): unknown {
  const helpers = { ...layout.helpers, ...KEY_HELPERS, ...constants };
  // our own source: it names no table and no column
  // oxlint-disable-next-line typescript/no-implied-eval
  return new Function(...Object.keys(helpers), `"use strict";\n${source}`)(
    ...Object.values(helpers),
  );
}

/** An expression for the bytes that the key of the row at `start` may need: a constant where the columns' types give one. */
function keyBound(layout: RowLayout, columns: readonly number[], start = "p"): string {
  const sum = (bytes: (index: number) => number): number =>
    columns.reduce((total, index) => total + bytes(index), 16);
  const beyond = sum(
    (index) => 8 + layout.jsonBound(index, CANAL_KEY_FORM) + layout.jsonBound(index),
  );
  const most = beyond + 8 * sum((index) => greatestBytes(layout.columns[index]!.type));
  return most <= CONSTANT_BOUND ? String(most) : `${beyond} + 8 * (end - ${start})`;
}

const CONSTANT_BOUND = 512 * 1024;

/** The most bytes of a value in a row image. */
function greatestBytes(type: ColumnType): number {
  switch (type.kind) {
    case "text":
    case "binary":
      return type.maxBytes;
    case "json":
    case "geometry":
    case "vector":
      return Infinity;
    default:
      return 64;
  }
}

/** Replaces the content of JSON strings in bytes[0, length) by the text itself; returns the new length. */
function unescaped(bytes: Buffer, length: number): number {
  let i = 0;
  while (i < length && bytes[i] !== 0x5c) i++;
  if (i === length) return length;
  return bytes.write(JSON.parse(`"${bytes.toString("utf8", 0, length)}"`) as string, 0, "utf8");
}
