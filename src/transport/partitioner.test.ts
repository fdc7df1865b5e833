import fc from "fast-check";
import { expect, test } from "vitest";
import type { LayoutColumn } from "../binlog/column-layout.ts";
import { ColumnTypeCode } from "../binlog/constants.ts";
import { createBinlogLayout } from "../binlog/row-layout.ts";
import type { ColumnType } from "../core/schema.ts";
import { canalPartition, javaHash, murmur2, murmur2Partition } from "./hashes.ts";
import { Partitioner, type PartitionerOptions } from "./partitioner.ts";

const { LONG, VARCHAR, STRING } = ColumnTypeCode;
const TEXT: ColumnType = { kind: "text", charset: "utf8mb4", maxBytes: 200, large: false };
const BINARY: ColumnType = { kind: "binary", fixedLength: 4, maxBytes: 4, large: false };
const COLUMNS: readonly LayoutColumn[] = [
  column("n", { kind: "integer", bytes: 4, unsigned: true }, { type: LONG, metadata: 0 }),
  column("t", TEXT, { type: VARCHAR, metadata: 200 }),
  column("b", BINARY, { type: STRING, metadata: 4 }),
];

function column(name: string, type: ColumnType, mapped: LayoutColumn["mapped"]): LayoutColumn {
  return { column: { name, type, nullable: false }, mapped };
}

interface Row {
  readonly n: number;
  readonly t: string;
  readonly b: Buffer;
}

/** Null bits, then the values; the server strips zero bytes at the end of a BINARY. */
function image({ n, t, b }: Row): Buffer {
  const number = Buffer.alloc(4);
  number.writeUInt32LE(n);
  const text = Buffer.from(t);
  let end = b.length;
  while (end > 0 && b[end - 1] === 0) end -= 1;
  return Buffer.concat([
    Buffer.of(0),
    number,
    Buffer.of(text.length),
    text,
    Buffer.of(end),
    b.subarray(0, end),
  ]);
}

const row: fc.Arbitrary<Row> = fc.record({
  n: fc.nat({ max: 0xffffffff }),
  t: fc.string({ unit: fc.constantFrom("a", ":", "%", '"', "\\", "\n", "é", "😀"), maxLength: 8 }),
  b: fc.uint8Array({ minLength: 4, maxLength: 4 }).map((bytes) => Buffer.from(bytes)),
});

/** A row's default document id. */
function documentId({ n, t, b }: Row, key: readonly number[]): string {
  const parts = [String(n), t, b.toString("base64")];
  if (key.length === 1) return parts[key[0]!]!;
  return key.map((index) => parts[index]!.replaceAll("%", "%25").replaceAll(":", "%3A")).join(":");
}

function canalHash({ n, t, b }: Row, key: readonly number[]): number {
  const texts = [String(n), t, b.toString("latin1").replace(/\0+$/, "")];
  return key.reduce((hash, index) => hash ^ javaHash(texts[index]!), javaHash("shop"));
}

function createPartitioner(partitioner: PartitionerOptions["partitioner"]): Partitioner {
  return new Partitioner({ partitioner, partitionBy: {}, onUnkeyed: () => undefined });
}

const keys = fc.constantFrom([0], [1], [2], [0, 1], [2, 1, 0], [1, 2]);

test("a row's partition is that of its key, wherever the row comes from", () => {
  fc.assert(
    fc.property(row, keys, fc.integer({ min: 1, max: 50 }), (values, primaryKey, partitions) => {
      const columns = COLUMNS.map(({ column: named }) => named);
      const schema = { database: "shop", table: "orders", columns, primaryKey };
      const version = { schema, layout: createBinlogLayout(COLUMNS) };
      const bytes = image(values);
      const texts = [
        String(values.n),
        JSON.stringify(values.t),
        JSON.stringify(values.b.toString("base64")),
      ];
      const id = Buffer.from(documentId(values, primaryKey));
      const expected = {
        murmur2: murmur2Partition(murmur2(id, id.length), partitions),
        canal: canalPartition(canalHash(values, primaryKey), partitions),
      };
      for (const name of ["murmur2", "canal"] as const) {
        const partitioner = createPartitioner(name);
        const ofImage = partitioner.compile(version).ofImage(bytes, 0, bytes.length, partitions);
        expect(ofImage).toBe(expected[name]);
        expect(partitioner.ofJsonRows(schema).ofRow(texts, partitions)).toBe(expected[name]);
      }
    }),
  );
});

test("two images have the same key when its values are the same", () => {
  fc.assert(
    fc.property(row, row, fc.boolean(), keys, (before, other, isOther, primaryKey) => {
      const after = isOther ? other : { ...before, n: other.n };
      const columns = COLUMNS.map(({ column: named }) => named);
      const schema = { database: "shop", table: "orders", columns, primaryKey };
      const table = createPartitioner("murmur2").compile({
        schema,
        layout: createBinlogLayout(COLUMNS),
      });
      const [one, two] = [image(before), image(after)];
      const bytes = Buffer.concat([one, two]);
      const isSame = documentId(before, primaryKey) === documentId(after, primaryKey);
      expect(table.isSameKey(bytes, 0, one.length, bytes.length)).toBe(isSame);
    }),
  );
});
