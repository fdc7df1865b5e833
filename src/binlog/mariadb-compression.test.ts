import { deflateRawSync, deflateSync } from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import { TailraceError } from "../core/errors.ts";
import { uncompressColumn, uncompressMariadb } from "./mariadb-compression.ts";

/** Hexadecimal bytes of row images and events of MariaDB 10.11.18, and what was inserted. */
test.each([
  ["", ""],
  ["00616263", "abc"],
  ["8a01f4aba81805230d0000", "x".repeat(500)],
  ["89c8abac1c1e0000", "y".repeat(200)],
])("a column value %s", (bytes, text) => {
  expect(uncompressColumn(Buffer.from(bytes, "hex")).toString()).toBe(text);
});

function lengthBytes(length: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(length);
  return bytes.subarray(bytes.findIndex((byte) => byte !== 0));
}

test("what was compressed comes back", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 70_000 }), (content) => {
      const length = lengthBytes(content.length);
      const head = (bits: number): Buffer => Buffer.from([0x80 | bits | length.length]);
      const wrapped = deflateSync(content);
      const forms = [
        uncompressColumn(Buffer.concat([head(8), length, deflateRawSync(content)])),
        uncompressColumn(Buffer.concat([head(0), length, wrapped])),
        uncompressColumn(Buffer.concat([Buffer.from([0]), content])),
        uncompressMariadb(Buffer.concat([head(0), length, wrapped])),
      ];
      for (const plain of forms) expect(plain.equals(content)).toBe(true);
    }),
    { numRuns: 30 },
  );
});

test("damaged data is an error, whatever it announces", () => {
  const outcome = (undo: (data: Buffer) => Buffer, bytes: Uint8Array): string => {
    try {
      undo(Buffer.from(bytes));
      return "read";
    } catch (error) {
      return error instanceof TailraceError ? "refused" : String(error);
    }
  };
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      for (const undo of [uncompressColumn, uncompressMariadb])
        expect(["read", "refused"]).toContain(outcome(undo, bytes));
    }),
    { numRuns: 500 },
  );
});
