import assert from "node:assert/strict";
import fc from "fast-check";
import { expect, test } from "vitest";
import { writeGeometry } from "./geometry.ts";

const UNTOUCHED = Buffer.alloc(8, 0xee);

function written(value: Buffer): string {
  const b = Buffer.concat([Buffer.from([9]), value, Buffer.alloc(100, 1)]);
  const bound = 6 * value.length + 64;
  const out = Buffer.alloc(bound + UNTOUCHED.length, 0xee);
  const end = writeGeometry(b, 1, value.length, out, 0);
  assert.ok(out.subarray(bound).equals(UNTOUCHED), "wrote beyond the bound");
  return out.toString("utf8", 0, end);
}

function point(x: number, y: number, order: "little" | "big"): Buffer {
  const bytes = Buffer.alloc(21);
  if (order === "little") {
    bytes[0] = 1;
    bytes.writeUInt32LE(1, 1);
    bytes.writeDoubleLE(x, 5);
    bytes.writeDoubleLE(y, 13);
  } else {
    bytes.writeUInt32BE(1, 1);
    bytes.writeDoubleBE(x, 5);
    bytes.writeDoubleBE(y, 13);
  }
  return bytes;
}

function collection(type: number, members: readonly Buffer[]): Buffer {
  const header = Buffer.alloc(9, 0);
  header[0] = 1;
  header.writeUInt32LE(type, 1);
  header.writeUInt32LE(members.length, 5);
  return Buffer.concat([header, ...members]);
}

const SRID = Buffer.from("e6100000", "hex");

test("both byte orders are read, mixed too", () => {
  const members = [point(1.5, -2, "big"), point(3, 4, "little"), point(5, 6, "big")];
  expect(written(Buffer.concat([SRID, members[0]!]))).toBe(
    '{"type":"Point","coordinates":[1.5,-2]}',
  );
  expect(written(Buffer.concat([SRID, collection(4, members)]))).toBe(
    '{"type":"MultiPoint","coordinates":[[1.5,-2],[3,4],[5,6]]}',
  );
});

test("the widest shapes keep to the bound", () => {
  const widest = point(-1.2345678901234566e-300, -1.2345678901234566e-300, "little");
  const empty = [2, 3, 4, 5, 6, 7].map((type) => collection(type, []));
  const shape = collection(7, [...Array.from({ length: 50 }, () => widest), ...empty, ...empty]);
  expect(() => JSON.parse(written(Buffer.concat([SRID, shape]))) as unknown).not.toThrow();
  expect(written(Buffer.concat([SRID, collection(7, [])]))).toBe(
    '{"type":"GeometryCollection","geometries":[]}',
  );
});

test("no bytes are null, bytes that are no geometry a base64 string", () => {
  expect(written(Buffer.alloc(0))).toBe("null");
  const shape = Buffer.concat([SRID, point(1, 2, "little")]);
  const broken = [
    shape.subarray(0, 3),
    shape.subarray(0, -1),
    Buffer.concat([shape, Buffer.alloc(1)]),
    Buffer.concat([SRID, point(Number.NaN, 0, "little")]),
    Buffer.concat([SRID, collection(8, [])]),
    Buffer.concat([SRID, collection(4, [collection(2, [])])]),
    Buffer.concat([SRID, collection(2, []).fill(0xff, 5)]),
  ];
  for (const bytes of broken) expect(written(bytes)).toBe(`"${bytes.toString("base64")}"`);
});

test("collections nested without measure do not exhaust the stack", () => {
  let shape: Buffer = point(1, 2, "little");
  const headers = Array.from({ length: 20_000 }, () => collection(7, [Buffer.alloc(0)]));
  expect(written(Buffer.concat([SRID, ...headers, shape]))).toMatch(/^"/);
  for (let depth = 0; depth < 500; depth++) shape = collection(7, [shape]);
  expect(written(Buffer.concat([SRID, shape]))).toMatch(/^\{/);
});

test("random bytes give JSON", () => {
  const byte = fc.oneof(fc.nat(7), fc.constant(0), fc.constant(1), fc.nat(255));
  const value = fc.oneof(
    fc.array(byte, { maxLength: 100 }).map((bytes) => Buffer.from(bytes)),
    fc
      .tuple(fc.integer({ min: 1, max: 7 }), fc.nat(4), fc.array(byte, { maxLength: 100 }))
      .map(([type, count, rest]) =>
        Buffer.from([0, 0, 0, 0, 1, type, 0, 0, 0, count, 0, 0, 0, ...rest]),
      ),
  );
  const accepted = fc
    .sample(value, 5000)
    .filter((bytes) => typeof JSON.parse(written(bytes)) === "object");
  expect(accepted.length).toBeGreaterThan(100);
});
