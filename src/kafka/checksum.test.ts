import fc from "fast-check";
import { crc32c } from "@platformatic/kafka";
import { expect, test } from "vitest";
import { checksumOf } from "./checksum.ts";

test("the checksum is CRC-32C", () => {
  // RFC 3720, B.4
  expect(checksumOf(Buffer.alloc(32))).toBe(0x8a9136aa);
  expect(checksumOf(Buffer.alloc(32, 0xff))).toBe(0x62a8ab43);
  expect(checksumOf(Buffer.from("123456789"))).toBe(0xe3069283);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      expect(checksumOf(Buffer.from(bytes))).toBe(crc32c(Buffer.from(bytes)));
    }),
  );
});
