import fc from "fast-check";
import { Writer } from "@platformatic/kafka";
import { expect, test } from "vitest";
import { AnswerReader } from "./answer-reader.ts";

test("numbers, arrays, ids and views are read as the protocol writes them", () => {
  const id = "01234567-89ab-cdef-0123-456789abcdef";
  fc.assert(
    fc.property(
      fc.maxSafeInteger(),
      fc.nat(0x7fffffff),
      fc.array(fc.integer({ min: -32768, max: 32767 })),
      fc.uint8Array({ minLength: 1 }),
      (long, varint, shorts, bytes) => {
        const { buffer } = Writer.create()
          .appendInt64(BigInt(long))
          .appendUnsignedVarInt(varint)
          .appendArray(shorts, (w, value) => void w.appendInt16(value), true, false)
          .appendUUID(id)
          .appendBytes(Buffer.from(bytes))
          .appendUnsignedVarInt(1) // one tagged field: number, size, content
          .appendUnsignedVarInt(0)
          .appendUnsignedVarInt(2)
          .appendInt16(7)
          .appendInt32(long % 1000);
        const reader = new AnswerReader(Buffer.from(buffer));
        expect(reader.int64()).toBe(long);
        expect(reader.varint()).toBe(varint);
        expect(reader.array(() => reader.int16())).toEqual(shorts);
        expect(reader.uuid()).toBe(id);
        expect(reader.view()).toEqual(Buffer.from(bytes));
        reader.skipTags();
        expect(reader.int32()).toBe(long % 1000);
      },
    ),
  );
});

test("any bytes are read to their end or refused, and nothing behind them", () => {
  const steps = ["int16", "int32", "int64", "varint", "uuid", "view", "skipTags"] as const;
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 60 }),
      fc.array(fc.constantFrom(...steps), { minLength: 1, maxLength: 20 }),
      (bytes, order) => {
        const reader = new AnswerReader(Buffer.from(bytes));
        try {
          for (const step of order) reader[step]();
          reader.array(() => reader.uuid());
        } catch (error) {
          if (!(error instanceof RangeError)) throw error;
          return;
        }
        expect(reader.position).toBeLessThanOrEqual(bytes.length);
      },
    ),
  );
});
