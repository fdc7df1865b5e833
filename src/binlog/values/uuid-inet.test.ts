import { isIPv4, isIPv6 } from "node:net";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { UUID_INET_JSON_BOUND, writeInet4, writeInet6, writeUuid } from "./uuid-inet.ts";

type Writer = (b: Buffer, p: number, length: number, out: Buffer, o: number) => number;

function written(write: Writer, hex: string): string {
  const bytes = Buffer.from(hex, "hex");
  const out = Buffer.alloc(UUID_INET_JSON_BOUND + 3, 0xee);
  return out.toString("latin1", 3, write(bytes, 0, bytes.length, out, 3));
}

// Right: what MariaDB 10.11.18 prints of a column that holds these bytes.
describe("as the server prints them", () => {
  test.each([
    ["123e4567e89b12d3a456426655440000", '"123e4567-e89b-12d3-a456-426655440000"'],
    ["123e4567e89b12d3a45642665544", '"123e4567-e89b-12d3-a456-426655440000"'],
    ["", '"00000000-0000-0000-0000-000000000000"'],
  ])("UUID %s", (hex, text) => expect(written(writeUuid, hex)).toBe(text));

  test.each([
    ["", '"0.0.0.0"'],
    ["ff00ff", '"255.0.255.0"'],
    ["0a000001", '"10.0.0.1"'],
  ])("INET4 %s", (hex, text) => expect(written(writeInet4, hex)).toBe(text));

  test.each([
    ["", '"::"'],
    ["0001", '"1::"'],
    ["00000000000000000000000000000001", '"::1"'],
    ["0000000000000000000000000001", '"::0.1.0.0"'],
    ["0000000000000000000000010001", '"::1:1:0"'],
    ["00000000000000000000ffffc0000201", '"::ffff:192.0.2.1"'],
    ["000000000000000000000000c0000201", '"::192.0.2.1"'],
    ["20010db8000000010001000100010001", '"2001:db8::1:1:1:1:1"'],
    ["20010db8000000000001000000000001", '"2001:db8::1:0:0:1"'],
    ["0001000200030004000500060007", '"1:2:3:4:5:6:7::"'],
  ])("INET6 %s", (hex, text) => expect(written(writeInet6, hex)).toBe(text));
});

test("every address reads as the same address", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 16 }), (bytes) => {
      const hex = Buffer.from(bytes).toString("hex");
      const six = JSON.parse(written(writeInet6, hex)) as string;
      expect(isIPv6(six)).toBe(true);
      const whole = new URL(`http://[${six}]/`).hostname;
      const groups = hex.padEnd(32, "0").match(/.{4}/g)!.join(":");
      expect(whole).toBe(new URL(`http://[${groups}]/`).hostname);
      expect(isIPv4(JSON.parse(written(writeInet4, hex.slice(0, 8))) as string)).toBe(true);
    }),
  );
});
