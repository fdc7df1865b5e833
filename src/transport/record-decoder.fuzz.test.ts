import fc from "fast-check";
import { expect, test } from "vitest";
import { TailraceError } from "../core/errors.ts";
import type { TableSchema } from "../core/schema.ts";
import {
  readRecording,
  type RecordText,
  TableActions,
  testDecoderOptions,
  viewOf,
} from "../../test/support/decoded-records.ts";
import { createRecordDecoder, type RecordDecoder } from "./record-decoder.ts";

/** The tables as Canal's records tell them. */
async function recordedTables(): Promise<ReadonlyMap<string, TableSchema>> {
  const tables = new Map<string, TableSchema>();
  const decoder = createRecordDecoder(testDecoderOptions());
  for (const record of readRecording("canal.jsonl")) {
    await decoder.begin(viewOf(record));
    for (let event = decoder.next(); event !== null; event = decoder.next())
      if (event.kind === "rows") tables.set(event.table.schema.table, event.table.schema);
  }
  return tables;
}

/** Decodes the record and encodes its rows. Every document and id is JSON, and within its bound: else this throws. Returns how many events there were. */
async function decodeWhole(decoder: RecordDecoder, record: RecordText): Promise<number> {
  const actions = new TableActions();
  let count = 0;
  await decoder.begin(viewOf(record));
  for (let event = decoder.next(); event !== null; event = decoder.next()) {
    count += 1;
    if (event.kind === "rows") actions.take(event);
    if (event.kind === "incomplete")
      for (const { before, after } of event.rows)
        for (const text of [...(before ?? []), ...(after ?? [])])
          if (typeof text === "string") JSON.parse(text);
  }
  for (const list of actions.of.values())
    for (const action of list) if (action.kind === "index") JSON.parse(action.document);
  return count;
}

const KNOWN = "KAFKA_SCHEMA_UNKNOWN";

function codeOf(error: unknown): unknown {
  return error instanceof TailraceError ? error.code : error;
}

/** Headers as ours: then rows are scanned before the rest of their record. */
function headersOf({ value }: RecordText): NonNullable<RecordText["headers"]> {
  const table = /"table":"(\w+)"/.exec(String(value))?.[1] ?? "";
  return [
    ["tailrace.version", "5"],
    ["tailrace.schema", table],
  ];
}

interface Damage {
  readonly place: number;
  readonly length: number;
  readonly bytes: Uint8Array;
}

/** Replaces some bytes by others. */
function damaged(value: Buffer, damages: readonly Damage[]): Buffer {
  return damages.reduce((bytes, { place, length, bytes: others }) => {
    const at = Math.floor(place * bytes.length);
    return Buffer.concat([bytes.subarray(0, at), others, bytes.subarray(at + length)]);
  }, value);
}

/** Bytes that mean something in records. */
const telling = fc
  .constantFrom(
    '"',
    "\\",
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "null",
    "-1",
    "1e999",
    '"\\ud800"',
    "true",
    "[[",
    "\\u0000",
    "é",
    "\u0000",
  )
  .map((text) => new Uint8Array(Buffer.from(text)));

const damage: fc.Arbitrary<Damage> = fc.record({
  place: fc.double({ min: 0, max: 1, noNaN: true }),
  length: fc.oneof(fc.constantFrom(0, 1, 2, 4), fc.nat(40)),
  bytes: fc.oneof(telling, fc.uint8Array({ maxLength: 4 })),
});

test("whatever a record holds gives changes or poison", async () => {
  const tables = await recordedTables();
  const decoder = createRecordDecoder(
    testDecoderOptions({
      describeTable: (_database, table) => Promise.resolve(tables.get(table) ?? null),
    }),
  );
  const records = ["canal", "maxwell", "debezium"].flatMap((name) =>
    readRecording(`${name}.jsonl`).filter(
      ({ topic }) => topic !== "dbz" && topic !== "dbz.transaction",
    ),
  );
  let poison = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...records),
      fc.array(damage, { minLength: 1, maxLength: 3 }),
      fc.boolean(),
      fc.boolean(),
      async (record, damages, isCut, isOurs) => {
        const whole = damaged(Buffer.from(record.value ?? ""), damages);
        const value = isCut
          ? whole.subarray(0, Math.floor(damages[0]!.place * whole.length))
          : whole;
        poison += await decodeWhole(decoder, {
          ...record,
          value,
          headers: isOurs ? headersOf(record) : [],
        });
      },
    ),
    { numRuns: 3000, seed: 20261123 },
  );
  expect(poison).toBeGreaterThan(1000);
});

test("broken headers are poison", async () => {
  const decoder = createRecordDecoder(testDecoderOptions());
  const [record] = readRecording("canal.jsonl").slice(10);
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 30 }), async (bytes) => {
      expect(
        await decodeWhole(decoder, { ...record!, headers: Buffer.from(bytes) }),
      ).toBeGreaterThan(0);
    }),
    { numRuns: 1000, seed: 20261123 },
  );
});

test("any bytes and any JSON give changes or poison, or nothing where they are none of ours", async () => {
  const decoder = createRecordDecoder(testDecoderOptions());
  const value = fc.oneof(
    fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
    fc.json().map((text) => Buffer.from(text)),
    fc
      .record(
        {
          database: fc.string(),
          table: fc.string(),
          type: fc.string(),
          data: fc.jsonValue(),
          old: fc.jsonValue(),
          mysqlType: fc.jsonValue(),
        },
        { requiredKeys: [] },
      )
      .map((message) => Buffer.from(JSON.stringify(message))),
  );
  await fc.assert(
    fc.asyncProperty(value, async (bytes) => {
      const decoding = decodeWhole(decoder, { topic: "a", key: null, value: bytes });
      // that no one can tell a table's columns is the one error
      const code = await decoding.then(() => KNOWN, codeOf);
      expect(code).toBe(KNOWN);
    }),
    { numRuns: 2000, seed: 20261123 },
  );
});

test("deep nesting is poison and not an overflow", async () => {
  const decoder = createRecordDecoder(testDecoderOptions());
  const value = `{"x":${"[".repeat(100_000)}`;
  await decoder.begin(viewOf({ topic: "a", key: null, value }));
  expect(decoder.next()).toMatchObject({
    kind: "poison",
    detail: "more than 200 levels of nesting at byte 205",
  });
});
