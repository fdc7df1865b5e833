import fc from "fast-check";
import { expect, test } from "vitest";
import { RECORD_HEADERS } from "../core/record.ts";
import { HeaderBlock, keyInOrder, schemaId } from "./record-headers.ts";

/** Decodes a block of short headers. */
function decode(block: Buffer): Record<string, string> {
  const headers: Record<string, string> = {};
  let p = 1;
  const text = (): string => {
    const length = block[p]! / 2;
    p += 1 + length;
    return block.toString("utf8", p - length, p);
  };
  for (let i = 0; i < block[0]! / 2; i++) {
    const name = text();
    headers[name] = text();
  }
  expect(p).toBe(block.length);
  return headers;
}

test("a block says version, schema and commit time", () => {
  const headers = new HeaderBlock();
  const any64 = fc.bigInt({ min: 0n, max: 2n ** 63n - 1n });
  const time = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
  fc.assert(
    fc.property(any64, time, fc.boolean(), (version, commitTimeUs, keyOnly) => {
      const block = headers.encode({
        versionHigh: Number(version >> 32n) | 0,
        versionLow: Number(version & 0xffffffffn) | 0,
        commitTimeUs,
        schema: Buffer.from("0123456789abcdef"),
        keyOnly,
      });
      expect(decode(block)).toEqual({
        [RECORD_HEADERS.version]: String(version),
        [RECORD_HEADERS.schema]: "0123456789abcdef",
        [RECORD_HEADERS.commitTime]: String(commitTimeUs),
        ...(keyOnly && { [RECORD_HEADERS.keyOnly]: "1" }),
      });
    }),
  );
});

test("what is unknown is left out", () => {
  const values = { versionHigh: 0, versionLow: 0, commitTimeUs: 0, schema: null, keyOnly: false };
  expect(decode(new HeaderBlock().encode(values))).toEqual({ [RECORD_HEADERS.version]: "0" });
});

test("a definition's id changes with its columns and its key only", () => {
  const column = { name: "id", type: { kind: "year" }, nullable: false } as const;
  const schema = { database: "d", table: "t", columns: [column], primaryKey: [0] };
  const id = schemaId(schema).toString();
  expect(id).toMatch(/^[0-9a-f]{16}$/);
  expect(schemaId({ ...schema, columns: [{ ...column, sqlType: "year(4)" }] }).toString()).toBe(id);
  expect(schemaId({ ...schema, primaryKey: [] }).toString()).not.toBe(id);
  expect(schemaId({ ...schema, columns: [{ ...column, name: "x" }] }).toString()).not.toBe(id);
});

test("a definition's id tells the order of a key that is not the table's", () => {
  const columns = ["a", "b", "c", "d"].map((name) => ({
    name,
    type: { kind: "year" } as const,
    nullable: false,
  }));
  const idOf = (...primaryKey: number[]): string =>
    schemaId({ database: "d", table: "t", columns, primaryKey }).toString();
  expect(idOf(0, 2)).toMatch(/^[0-9a-f]{16}$/);
  expect(idOf(3, 0, 1)).toMatch(/^[0-9a-f]{16}:2,0,1$/);
  expect(keyInOrder(["a", "b", "d"], idOf(3, 0, 1))).toEqual(["d", "a", "b"]);
  expect(keyInOrder(["a", "c"], idOf(0, 2))).toEqual(["a", "c"]);
});
