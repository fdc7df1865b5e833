import { describe, expect, test } from "vitest";
import { TextResult } from "./text-result.ts";

function packet(payload: Buffer, sequence = 0): Buffer {
  const header = Buffer.alloc(4);
  header.writeUIntLE(payload.length, 0, 3);
  header[3] = sequence;
  return Buffer.concat([header, payload]);
}

/** A length-encoded string of up to 65,535 bytes. */
function value(text: Buffer | string | null): Buffer {
  if (text === null) return Buffer.of(0xfb);
  const bytes = Buffer.from(text);
  if (bytes.length < 0xfb) return Buffer.concat([Buffer.of(bytes.length), bytes]);
  return Buffer.concat([Buffer.of(0xfc, bytes.length & 0xff, bytes.length >> 8), bytes]);
}

/** As MySQL 9.7 answers `SELECT 1 AS name`: type LONGLONG, BINARY and NOT_NULL. */
function column(name: string, type = 8, flags = 0x81): Buffer {
  const texts = ["def", "", "", "", name, ""].map(value);
  const fixed = Buffer.from([0x0c, 63, 0, 1, 0, 0, 0, type, flags, 0, 0, 0, 0]);
  return packet(Buffer.concat([...texts, fixed]));
}

const EOF = packet(Buffer.of(0xfe, 0, 0, 2, 0));
const ERR = packet(
  Buffer.concat([Buffer.of(0xff, 0x1e, 0x04), Buffer.from("#42S22Unknown column")]),
);
const row = (...values: readonly (string | null)[]): Buffer =>
  packet(Buffer.concat(values.map(value)));

function head(names: readonly string[]): readonly Buffer[] {
  return [packet(Buffer.of(names.length)), ...names.map((name) => column(name)), EOF];
}

/** Pushes the bytes in pieces that end at these places. */
function push(bytes: Buffer, cuts: readonly number[]): TextResult {
  const result = new TextResult();
  const ends = [...cuts, bytes.length];
  let from = 0;
  for (const to of ends) {
    const isWhole = result.push(bytes.subarray(from, to));
    expect(isWhole).toBe(to === bytes.length);
    from = to;
  }
  return result;
}

describe("the answer to a query", () => {
  const rows = [row("1", "a"), row(null, ""), row("3", "x".repeat(300)), row("", null)];
  const answer = Buffer.concat([...head(["id", "name"]), ...rows, EOF]);

  test("gives the rows' packets, wherever it is cut", () => {
    for (let cut = 1; cut < answer.length; cut++) {
      const result = push(answer, [cut]);
      expect(Buffer.concat(result.buffers)).toEqual(Buffer.concat(rows));
      expect([result.rows, result.bytes]).toEqual([4, Buffer.concat(rows).length]);
    }
    const single = push(
      answer,
      Array.from({ length: answer.length - 1 }, (_, i) => i + 1),
    );
    expect(single.buffers).toEqual(rows);
  });

  test("leaves rows where they arrived", () => {
    const { buffers } = push(answer, []);
    expect(buffers).toHaveLength(1);
    expect(buffers[0]!.buffer).toBe(answer.buffer);
  });

  test("tells results of other types apart, and not by the columns' names", () => {
    const signature = (columns: readonly Buffer[]): string =>
      push(Buffer.concat([packet(Buffer.of(columns.length)), ...columns, EOF, EOF]), []).signature;
    expect(signature([column("a")])).toBe(signature([column("b")]));
    expect(signature([column("a")])).not.toBe(signature([column("a", 3)]));
    expect(signature([column("a")])).not.toBe(signature([column("a", 8, 0xa1)]));
    expect(signature([column("a")])).not.toBe(signature([column("a"), column("a")]));
  });

  test("may be a refusal, at once or behind rows, or nothing but success", () => {
    const error = { number: 1054, state: "42S22", message: "Unknown column" };
    expect(push(ERR, [3]).error).toEqual(error);
    expect(push(Buffer.concat([...head(["a"]), row("1"), ERR]), []).error).toEqual(error);
    const ok = push(packet(Buffer.of(0, 0, 0, 2, 0, 0, 0)), []);
    expect([ok.error, ok.rows]).toEqual([null, 0]);
  });

  test("takes a row of several packets as one, and rows that begin like an end or an error", () => {
    const long = Buffer.alloc(0xff_ffff + 10, 0x61);
    // 8 bytes length: a row that begins with 0xfe
    long.set([0xfe, 1, 0, 0, 1, 0, 0, 0, 0]);
    const parts = [packet(long.subarray(0, 0xff_ffff)), packet(long.subarray(0xff_ffff), 1)];
    const bytes = Buffer.concat([...head(["a"]), row("1"), ...parts, row("2"), EOF]);
    for (const cuts of [
      [],
      [60],
      [1_000_000],
      [0xff_ffff + 80],
      [bytes.length - 20, bytes.length - 2],
    ]) {
      const result = push(bytes, cuts);
      expect(result.rows).toBe(3);
      const whole = Buffer.concat(result.buffers);
      expect(whole.length).toBe(row("1").length + 4 + long.length + row("2").length);
      expect(whole.subarray(row("1").length + 4, -row("2").length).equals(long)).toBe(true);
    }
  });

  test.each([
    ["an end of rows before any", EOF],
    ["a wish for a file", packet(Buffer.of(0xfb, 0x78))],
    ["an empty packet", packet(Buffer.alloc(0))],
    [
      "a column definition that is cut off",
      Buffer.concat([packet(Buffer.of(1)), packet(Buffer.of(3, 0x64))]),
    ],
  ])("is no answer with %s", (_what, bytes) => {
    expect(() => new TextResult().push(bytes)).toThrow(
      expect.objectContaining({ code: "SOURCE_QUERY_FAILED" }),
    );
  });
});
