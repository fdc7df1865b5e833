import { expect, test } from "vitest";
import type { ChangeEvent } from "../../src/core/change-event.ts";
import { describeTable } from "../../src/mysql/table-lookup.ts";
import { openConnection, parseConnectionUrl } from "../../src/mysql/connection.ts";
import type { RecordDecoderOptions } from "../../src/transport/record-decoder.ts";
import {
  decodeRecords,
  readRecording,
  replay,
  TableActions,
  type TestIdColumns,
} from "../support/decoded-records.ts";
import { openTestDatabase, type TestDatabase } from "../support/mysql.ts";
import { readScript } from "../support/real-records.ts";
import { type RecordedAction, recordChanges } from "../support/recorded-changes.ts";

/** Documents by table and id. */
type Documents = ReadonlyMap<string, ReadonlyMap<string, string>>;

/** What the direct pipeline makes of the script, run on the real server. */
async function directDocuments(
  db: TestDatabase,
  { isGenerated, idColumns }: DirectOptions,
): Promise<Documents> {
  const { schema, changes } = await readScript(db.name);
  await db.query(isGenerated ? schema : schema.replace(/, gen int generated .*(?=\n\))/, ""));
  const actions = new TableActions(idColumns);
  await recordChanges({
    url: db.url.href,
    database: db.name,
    rule: null,
    work: async () => void (await db.query(changes)),
    onRows: (event) => actions.take(event),
  });
  return replayAll(actions.of);
}

interface DirectOptions {
  /** With the generated columns, which Canal's and Debezium's tables lacked? */
  readonly isGenerated: boolean;
  readonly idColumns?: TestIdColumns;
}

function replayAll(actions: ReadonlyMap<string, readonly RecordedAction[]>): Documents {
  return new Map(Array.from(actions, ([table, list]) => [table, replay(list)]));
}

/** `table id field: direct → decoded` of everything that is not the same. */
function differences(direct: Documents, decoded: Documents): string[] {
  expect([...decoded.keys()].filter((table) => !direct.has(table))).toEqual([]);
  return [...direct].flatMap(([table, documents]) => {
    const others = decoded.get(table) ?? new Map<string, string>();
    const ids = new Set([...documents.keys(), ...others.keys()]);
    return [...ids].flatMap((id) => {
      const place = `${table} ${id}`;
      const [one, two] = [documents.get(id), others.get(id)];
      if (one === undefined || two === undefined)
        return [`${place} ${one === undefined ? "only decoded" : "only direct"}`];
      return fieldDifferences(one, two).map((difference) => `${place} ${difference}`);
    });
  });
}

function fieldDifferences(one: string, two: string): string[] {
  if (one === two) return [];
  const fields = (text: string): [string, unknown][] => Object.entries(JSON.parse(text) as object);
  const others = new Map(fields(two));
  expect([...others.keys()]).toEqual(fields(one).map(([name]) => name));
  const different = fields(one).flatMap(([name, value]) => {
    const [direct, decoded] = [JSON.stringify(value), JSON.stringify(others.get(name))];
    return direct === decoded ? [] : [`${name}: ${direct} → ${decoded}`];
  });
  return different.length === 0 ? ["as numbers equal, as texts not"] : different;
}

/** The tables of the test's database under the recorded one's name. */
function describer(db: TestDatabase): RecordDecoderOptions["describeTable"] {
  return async (_database, table) => {
    await using connection = await openConnection(parseConnectionUrl(db.url.href));
    const described = await describeTable(connection, db.name, table);
    return described === null ? null : { ...described.schema, database: "peers_bench" };
  };
}

function told(events: readonly ChangeEvent[]): string[] {
  return events.flatMap((event) => {
    if (event.kind === "incomplete")
      return event.rows.map(({ after }) => `${event.table.schema.table} ${after?.[0]} incomplete`);
    if (event.kind === "poison") return [event.detail];
    return event.kind === "gap" ? [`${event.table} ${event.code}`] : [];
  });
}

/** Canal names a key's columns in the table's order, not the key's. */
function idWithKeyOrder(_database: string, table: string): readonly string[] | undefined {
  return table === "rec_composite" ? ["b", "a"] : undefined;
}

test("documents of Canal's records are those of the direct pipeline, but for character sets that Canal breaks", async () => {
  await using db = await openTestDatabase();
  const idColumns = idWithKeyOrder;
  const direct = await directDocuments(db, { isGenerated: false, idColumns });
  const records = readRecording("canal.jsonl").filter(({ offset = 0 }) => offset >= FIRST_ROW);
  const { actions, events } = await decodeRecords(records, { idColumns });
  expect(differences(direct, replayAll(actions))).toEqual([
    'rec_types 1 l1: "é latin" → "� latin"',
    'rec_types 1 gbk_c: "中文" → "����"',
  ]);
  expect(told(events)).toEqual([
    "rec_shard_0 SCHEMA_TABLE_CLEARED",
    "rec_nokey2 SCHEMA_TABLE_CLEARED",
  ]);
});

/** The records before come from the tables' making. */
const FIRST_ROW = 8;

test("documents of Debezium's records without schemas are those of the direct pipeline", async () => {
  await using db = await openTestDatabase();
  const direct = await directDocuments(db, { isGenerated: false });
  const records = readRecording("debezium.jsonl");
  const { actions, events } = await decodeRecords(records, { describeTable: describer(db) });
  // the table has gained a column since: such rows are read again
  expect(differences(direct, replayAll(actions))).toEqual(["rec_shard_1 3 only direct"]);
  expect(told(events).toSorted()).toEqual([
    "rec_nokey SCHEMA_MISMATCH",
    "rec_nokey SCHEMA_MISMATCH",
    "rec_nokey SCHEMA_MISMATCH",
    "rec_nokey2 SCHEMA_MISMATCH",
    "rec_shard_1 2 incomplete",
    "rec_shard_1 3 incomplete",
  ]);
});

test("documents of Maxwell's records are those of the direct pipeline, but for negative times and invalid ENUMs", async () => {
  await using db = await openTestDatabase();
  const direct = await directDocuments(db, { isGenerated: true });
  const records = readRecording("maxwell.jsonl");
  const { actions, events } = await decodeRecords(records, { describeTable: describer(db) });
  expect(differences(direct, replayAll(actions))).toEqual([
    'rec_types 1 ti0: "-838:59:59" → "17:04:05"',
    'rec_types 18446744073709551615 en: "" → null',
    'rec_types 40 en: "" → null',
    "rec_shard_1 3 only direct",
  ]);
  expect(told(events).toSorted()).toEqual([
    "rec_nokey SCHEMA_MISMATCH",
    "rec_nokey SCHEMA_MISMATCH",
    "rec_nokey SCHEMA_MISMATCH",
    "rec_nokey2 SCHEMA_MISMATCH",
    "rec_nokey2 SCHEMA_TABLE_CLEARED",
    "rec_shard_1 2 incomplete",
    "rec_shard_1 3 incomplete",
  ]);
});
