import { describe, expect, test } from "vitest";
import type { ColumnType } from "../../src/core/schema.ts";
import type { TargetField } from "../../src/core/target-field.ts";
import { openTestTarget } from "../support/elasticsearch.ts";
import { parseLossless } from "../support/lossless-json.ts";
import { until } from "../support/until.ts";
import { openTestSink, remove, write } from "./sink-context.ts";

const SERVERS = ["elasticsearch", "opensearch"] as const;

const field = (name: string, type: ColumnType, decimalAsString = false): TargetField => ({
  name,
  type,
  decimalAsString,
});

const INTEGER: ColumnType = { kind: "integer", bytes: 4, unsigned: false };
const VARCHAR: ColumnType = { kind: "text", charset: "utf8mb4", maxBytes: 1020, large: false };

/** A field of every type with JSON values at its edges, as texts. */
const EVERY_TYPE: readonly (readonly [TargetField, readonly string[]])[] = [
  [field("i1", { kind: "integer", bytes: 1, unsigned: false }), ["-128", "127", "null"]],
  [field("u1", { kind: "integer", bytes: 1, unsigned: true }), ["0", "255"]],
  [field("i2", { kind: "integer", bytes: 2, unsigned: false }), ["-32768", "32767"]],
  [field("u2", { kind: "integer", bytes: 2, unsigned: true }), ["65535"]],
  [field("u3", { kind: "integer", bytes: 3, unsigned: true }), ["16777215"]],
  [field("i4", INTEGER), ["-2147483648", "2147483647"]],
  [field("u4", { kind: "integer", bytes: 4, unsigned: true }), ["4294967295"]],
  [
    field("i8", { kind: "integer", bytes: 8, unsigned: false }),
    ["-9223372036854775808", "9223372036854775807"],
  ],
  [field("u8", { kind: "integer", bytes: 8, unsigned: true }), ["0", "18446744073709551615"]],
  [field("price", { kind: "decimal", precision: 10, scale: 2 }), ["-99999999.99", "0.10"]],
  [field("d15", { kind: "decimal", precision: 15, scale: 15 }), ["0.999999999999999"]],
  [field("d0", { kind: "decimal", precision: 18, scale: 0 }), ["-999999999999999999"]],
  [
    field("d65", { kind: "decimal", precision: 65, scale: 30 }),
    [`${"9".repeat(35)}.${"9".repeat(30)}`],
  ],
  [
    field("ds", { kind: "decimal", precision: 65, scale: 30 }, true),
    [`"-${"9".repeat(35)}.${"9".repeat(30)}"`],
  ],
  [field("f", { kind: "float" }), ["3.4028235e38", "-1.17549435e-38", "0.1"]],
  [field("d", { kind: "double" }), ["1.7976931348623157e308", "5e-324", "-0"]],
  [field("b1", { kind: "bit", bits: 1 }), ["0", "1"]],
  [field("b64", { kind: "bit", bits: 64 }), ["18446744073709551615"]],
  [field("y", { kind: "year" }), ["0", "1901", "2155"]],
  [field("date", { kind: "date" }), ['"0001-01-01"', '"9999-12-31"', '"2026-02-28"', "null"]],
  [
    field("datetime", { kind: "datetime", fraction: 6 }),
    ['"0001-01-01T00:00:00"', '"9999-12-31T23:59:59.999999"', '"2026-11-23T10:20:30.1"'],
  ],
  [
    field("timestamp", { kind: "timestamp", fraction: 3 }),
    ['"1970-01-01T00:00:01Z"', '"2038-01-19T03:14:07.999Z"', '"2106-02-07T06:28:15.999999Z"'],
  ],
  [field("time", { kind: "time", fraction: 6 }), ['"-838:59:59.000000"', '"838:59:59"']],
  [field("v", VARCHAR), ['""', JSON.stringify("😀".repeat(16_383)), '"\\u0000\\n"']],
  [
    field("t", { kind: "text", charset: "utf8mb4", maxBytes: 2 ** 32 - 1, large: true }),
    [JSON.stringify("x".repeat(300_000)), '"two words"'],
  ],
  [field("e", { kind: "enum", members: ["a", "b"] }), ['"a"', '""']],
  [field("s", { kind: "set", members: ["a", "b"] }), ['"a,b"', '["a","b"]', "[]"]],
  [
    field("bin", { kind: "binary", maxBytes: 16, large: false }),
    ['"AAECAwQFBgcICQoLDA0ODw=="', '""'],
  ],
  [field("uuid", { kind: "uuid" }), ['"00000000-0000-0000-0000-000000000000"']],
  [field("ip4", { kind: "inet", version: 4 }), ['"255.255.255.255"', '"0.0.0.0"']],
  [
    field("ip6", { kind: "inet", version: 6 }),
    ['"::"', '"::ffff:192.0.2.1"', '"2001:db8::ff00:42:8329"'],
  ],
  [
    field("j", { kind: "json", text: false }),
    [
      "1",
      '"x"',
      "true",
      "null",
      "[]",
      '[1,"a",{"b":[[2]]}]',
      '{"a":{"b":1}}',
      '{"a":"text"}',
      '{"":1}',
      "1e400",
      '{"a.b.":{"..":2}}',
    ],
  ],
  [
    field("g", { kind: "geometry" }),
    [
      '{"type":"Point","coordinates":[500,-91]}',
      '{"type":"Polygon","coordinates":[[[0,0],[1,1],[0,1],[1,0],[0,0]]]}',
    ],
  ],
  [field("vec", { kind: "vector" }), ["[1,-2.5,3e-7]", "[]"]],
];

describe.each(SERVERS)("on %s", (server) => {
  test("versions decide: newer and equal replace, older conflicts, a tombstone outlives its document", async () => {
    await using target = await openTestTarget(server);
    await using context = await openTestSink(target.url.origin);
    const { sink } = context;
    const index = `${target.prefix}v`;
    const to = sink.target({ index: index, write: "whole" });
    await sink.prepare({
      target: to,
      fields: [field("v", INTEGER)],
      create: true,
      dynamic: "strict",
    });
    const high = (1n << 55n) + 5n;
    const put = async (version: bigint, v: number) => {
      await write(sink, to, { id: "1", version, document: { v } });
      await sink.drain();
    };
    await put(high, 1);
    await put(high, 2);
    await put(high - 1n, 3);
    expect(await target.get(index, "1")).toMatchObject({ _version: high, _source: { v: 2 } });
    await remove(sink, to, { id: "1", version: high + 1n });
    await remove(sink, to, { id: "2", version: 2n ** 63n - 2n });
    await sink.drain();
    await put(high, 4);
    await write(sink, to, { id: "2", version: 2n ** 63n - 3n, document: { v: 5 } });
    await sink.drain();
    expect(await target.all(index)).toEqual([]);
    expect(sink.stats()).toMatchObject({ applied: 4, conflicts: 3, rejected: 0, retries: 0 });
    expect(sink.closed).toBe(7);
  });

  test("every type's edge values are taken by its field, and kept digit by digit", async () => {
    await using target = await openTestTarget(server);
    await using context = await openTestSink(target.url.origin);
    const { sink, letters } = context;
    const index = `${target.prefix}types`;
    const to = sink.target({ index: index, write: "whole" });
    const fields = EVERY_TYPE.map(([one]) => one);
    await sink.prepare({ target: to, fields, create: true, dynamic: "strict" });
    const expected = new Map<string, unknown>();
    for (const [{ name }, values] of EVERY_TYPE) {
      for (const [i, value] of values.entries()) {
        const document = `{"${name}":${value}}`;
        await write(sink, to, { id: `${name} ${i}`, version: 1n, document });
        expected.set(`${name} ${i}`, parseLossless(document));
      }
    }
    await sink.drain();
    expect(letters).toEqual([]);
    const found = new Map((await target.all(index)).map(({ _id, _source }) => [_id, _source]));
    expect(found.size).toBe(expected.size);
    for (const [id, source] of expected) expect(found.get(id), id).toEqual(source);
  });

  test("values that do not fit are dead letters, their neighbours are written", async () => {
    await using target = await openTestTarget(server);
    await using context = await openTestSink(target.url.origin);
    const { sink, letters } = context;
    const index = `${target.prefix}r`;
    const to = sink.target({ index: index, write: "whole" });
    await sink.prepare({
      target: to,
      fields: [field("v", INTEGER)],
      create: true,
      dynamic: "strict",
    });
    const documents = ['{"v":1}', '{"v":"x"}', '{"w":1}', '{"v":1', '{"v":\n1}', '{"v":2}'];
    for (const [i, document] of documents.entries()) {
      await write(sink, to, { id: `${i}`, version: 7n, document });
    }
    await write(sink, to, { id: "", version: 7n, document: '{"v":3}' });
    await sink.drain();
    expect(letters.map(({ id }) => String(id)).toSorted()).toEqual(["", "1", "2", "3", "4"]);
    const types = new Set(letters.map(({ error }) => (error as { type: string }).type));
    expect(types).toContain("strict_dynamic_mapping_exception");
    expect((await target.all(index)).map(({ _id }) => _id).toSorted()).toEqual(["0", "5"]);
    expect(sink.closed).toBe(7);
    expect(context.fatal).toEqual([]);
  });

  test("upserts of two writers merge into one document", async () => {
    await using target = await openTestTarget(server);
    await using context = await openTestSink(target.url.origin);
    const { sink } = context;
    const index = `${target.prefix}u`;
    const to = sink.target({ index: index, write: "merge" });
    const fields = [field("a", INTEGER), field("b", INTEGER)];
    await sink.prepare({ target: to, fields, create: true, dynamic: "strict" });
    await write(sink, to, { id: "1", version: 1n, document: { a: 1 } });
    await write(sink, to, { id: "1", version: 1n, document: { b: 2 } });
    await write(sink, to, { id: "2", version: 1n, document: { b: 3 } });
    await remove(sink, to, { id: "2", version: 1n });
    await sink.drain();
    expect((await target.all(index)).map(({ _source }) => _source)).toEqual([{ a: 1, b: 2 }]);
  });

  test("prepare creates the index once for all who want it, and extends its mapping", async () => {
    await using target = await openTestTarget(server);
    const indexMeta = { epoch: 3, server_uuid: "u" };
    await using one = await openTestSink(target.url.origin, { indexMeta });
    await using two = await openTestSink(target.url.origin, { indexMeta });
    const index = `${target.prefix}p`;
    const spec = (sink: typeof one.sink, fields: readonly TargetField[]) => ({
      target: sink.target({ index: index, write: "whole" }),
      fields,
      create: true,
      dynamic: "strict" as const,
    });
    const first = [field("a", INTEGER), field("o.x", VARCHAR)];
    await Promise.all([one, two].map(({ sink }) => sink.prepare(spec(sink, first))));
    await two.sink.prepare(spec(two.sink, [...first, field("b", { kind: "date" })]));
    const wider: ColumnType = { kind: "integer", bytes: 8, unsigned: false };
    await one.sink.prepare(spec(one.sink, [field("a", wider)]));
    const { body } = await target.request("GET", `${index}/_mapping`);
    expect(body).toMatchObject({
      [index]: {
        mappings: {
          _meta: { tailrace: indexMeta },
          dynamic: "strict",
          properties: {
            a: { type: "integer" },
            b: { type: "date" },
            o: { properties: { x: { type: "text" } } },
          },
        },
      },
    });
    const settings = await target.request("GET", `${index}/_settings?flat_settings=true`);
    expect(settings.body).toMatchObject({ [index]: { settings: { "index.gc_deletes": "1h" } } });
    const warnings = one.log.filter(({ level }) => level === "warn");
    expect(warnings.map(({ fields }) => fields)).toContainEqual({
      index,
      field: "a",
      existing: "integer",
      wanted: "long",
    });
  });

  test("prepare without create demands that the index is there", async () => {
    await using target = await openTestTarget(server);
    await using context = await openTestSink(target.url.origin);
    const { sink } = context;
    const index = `${target.prefix}absent`;
    const spec = {
      target: sink.target({ index: index, write: "whole" }),
      fields: [],
      create: false,
    } as const;
    await expect(sink.prepare({ ...spec, dynamic: "strict" })).rejects.toMatchObject({
      code: "BULK_INDEX_MISSING",
    });
    await target.request("PUT", index);
    await sink.prepare({ ...spec, dynamic: "strict" });
  });

  test("a name that no index can have is fatal", async () => {
    await using target = await openTestTarget(server);
    await using context = await openTestSink(target.url.origin);
    const spec = {
      target: context.sink.target({ index: "Upper", write: "whole" }),
      fields: [],
      create: true,
    } as const;
    const prepared = context.sink.prepare({ ...spec, dynamic: "strict" });
    await expect(prepared).rejects.toMatchObject({ code: "BULK_INDEX_UNUSABLE" });
    await expect(prepared).rejects.toThrow("must be lowercase");
  });

  test("clear deletes what is not newer, and its tombstones stop what is older", async () => {
    await using target = await openTestTarget(server);
    await using context = await openTestSink(target.url.origin);
    const { sink } = context;
    const index = `${target.prefix}c`;
    const to = sink.target({ index: index, write: "whole" });
    await sink.prepare({
      target: to,
      fields: [field("v", INTEGER)],
      create: true,
      dynamic: "strict",
    });
    for (let i = 0; i < 5000; i++) {
      await write(sink, to, { id: `row ${i} "quoted"`, version: 10n, document: { v: i } });
    }
    await write(sink, to, { id: "newer", version: 21n, document: { v: 1 } });
    await sink.drain();
    await sink.clear(to, 0, 20);
    expect((await target.all(index)).map(({ _id }) => _id)).toEqual(["newer"]);
    await write(sink, to, { id: 'row 0 "quoted"', version: 19n, document: { v: 1 } });
    await sink.drain();
    expect(await target.get(index, 'row 0 "quoted"')).toBeNull();
    await sink.clear(sink.target({ index: `${target.prefix}never-there`, write: "whole" }), 0, 20);
  });

  test("an index blocked against writing is waited for, visibly", async () => {
    await using target = await openTestTarget(server);
    await using context = await openTestSink(target.url.origin);
    const { sink } = context;
    const index = `${target.prefix}b`;
    const to = sink.target({ index: index, write: "whole" });
    await target.request("PUT", index, { settings: { "index.blocks.write": true } });
    await write(sink, to, { id: "1", version: 1n, document: { v: 1 } });
    const drained = sink.drain();
    while (sink.stats().waitingFor === null) await new Promise((next) => setTimeout(next, 10));
    expect(sink.stats().waitingFor).toMatch(/cluster_block_exception/);
    expect(sink.closed).toBe(0);
    await target.request("PUT", `${index}/_settings`, { "index.blocks.write": false });
    await drained;
    expect(await target.get(index, "1")).not.toBeNull();
  });

  test("an index that was deleted and created anew behind our back is noticed", async () => {
    await using target = await openTestTarget(server);
    // On the fast clock the sink looks every 150 ms.
    await using context = await openTestSink(target.url.origin);
    const { sink, log } = context;
    const index = `${target.prefix}w`;
    const to = sink.target({ index: index, write: "whole" });
    await sink.prepare({
      target: to,
      fields: [field("v", INTEGER)],
      create: true,
      dynamic: "strict",
    });
    await target.request("DELETE", index);
    await write(sink, to, { id: "1", version: 1n, document: { v: 1 } });
    await sink.drain();
    const errors = () => log.filter(({ level }) => level === "error");
    await until("the error", () => errors().length > 0);
    expect(errors()).toMatchObject([{ fields: { index } }]);
    expect(await target.get(index, "1")).not.toBeNull();
  });
});
