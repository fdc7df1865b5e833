import { expect, test } from "vitest";
import { openConnection, parseConnectionUrl } from "../../src/mysql/connection.ts";
import { readRowsByKey } from "../../src/mysql/read-rows.ts";
import { describeTable } from "../../src/mysql/table-lookup.ts";
import { createRandom, type Random } from "../../scripts/support/random.ts";
import { openTestDatabase, type TestDatabase } from "../support/mysql.ts";
import { SEED } from "../support/seed.ts";
import { recordChanges, type RecordedAction } from "../support/recorded-changes.ts";

const TABLES = 6;
const ROWS = 12;

interface ColumnKind {
  readonly type: string;
  literal(random: Random): string;
}

const hex = (random: Random, most: number): string => {
  const bytes = Array.from({ length: random.integer(0, most) }, () => random.integer(0, 255));
  return `x'${Buffer.from(bytes).toString("hex")}'`;
};
const text = (random: Random, most: number): string => {
  const alphabet = ["a", "\\u0001", '"', "\\\\", "é", "世", "🙂", "/", "%", ":", " ", "\\n"];
  const characters = Array.from({ length: random.integer(0, most) }, () => random.pick(alphabet));
  const plain = JSON.parse(
    `"${characters.map((c) => (c === '"' ? '\\"' : c)).join("")}"`,
  ) as string;
  return `convert(x'${Buffer.from(plain).toString("hex")}' using utf8mb4)`;
};
const integer = (bits: number, unsigned: boolean): ColumnKind["literal"] => {
  const least = unsigned ? 0n : -(2n ** BigInt(bits - 1));
  const most = unsigned ? 2n ** BigInt(bits) - 1n : 2n ** BigInt(bits - 1) - 1n;
  return (random) => String(random.pick([least, most, 0n, least + BigInt(random.integer(0, 99))]));
};

/** Types in an order in which their metadata influence one another: signs, character sets and members are lists over some of the columns. */
const KINDS: readonly ColumnKind[] = [
  ...[8, 16, 24, 32, 64].flatMap((bits, i) => {
    const type = ["tinyint", "smallint", "mediumint", "int", "bigint"][i]!;
    return [
      { type, literal: integer(bits, false) },
      { type: `${type} unsigned`, literal: integer(bits, true) },
    ];
  }),
  { type: "year", literal: (random) => random.pick(["0", "1901", "2155"]) },
  { type: "float", literal: (random) => random.pick(["-1.5e-30", "3.4e38", "0.1", "0"]) },
  { type: "double unsigned", literal: (random) => random.pick(["1.7e308", "5e-324", "0.1"]) },
  {
    type: "decimal(65,30)",
    literal: (random) =>
      random.pick([
        `-${"9".repeat(35)}.${"9".repeat(30)}`,
        "0.000000000000000000000000000001",
        "0",
      ]),
  },
  { type: "decimal(5,0) unsigned", literal: (random) => random.pick(["99999", "0"]) },
  { type: "bit(1)", literal: (random) => random.pick(["b'1'", "b'0'"]) },
  { type: "bit(64)", literal: (random) => random.pick(["18446744073709551615", "0"]) },
  { type: "date", literal: (random) => random.pick(["'0001-01-01'", "'9999-12-31'", "0"]) },
  { type: "datetime(6)", literal: () => "'9999-12-31 23:59:59.999999'" },
  { type: "timestamp(3)", literal: () => "'2038-01-19 03:14:07.999'" },
  { type: "time(2)", literal: (random) => random.pick(["'-838:59:58.99'", "'00:00:00.01'"]) },
  { type: "char(10)", literal: (random) => text(random, 10) },
  { type: "varchar(60)", literal: (random) => text(random, 60) },
  { type: "varchar(300) character set utf16", literal: (random) => text(random, 300) },
  { type: "char(4) character set latin1", literal: () => "'é€ '" },
  { type: "tinytext", literal: (random) => text(random, 50) },
  { type: "mediumtext", literal: (random) => text(random, 2_000) },
  { type: "binary(5)", literal: (random) => hex(random, 5) },
  { type: "varbinary(400)", literal: (random) => hex(random, 400) },
  { type: "longblob", literal: (random) => hex(random, 3_000) },
  { type: "enum('a','é','\"q\"','')", literal: (random) => random.pick(["'a'", "'é'", "'\"q\"'"]) },
  {
    type: "set('x','y','世界','w') character set utf8mb4",
    literal: (random) => random.pick(["''", "'x,世界'", "'x,y,世界,w'"]),
  },
  {
    type: "json",
    literal: (random) =>
      random.pick([
        "'[]'",
        `'{"a": [1, 2.5, null, true], "b": {"c": "\\\\u0001"}}'`,
        "'0'",
        "'\"x\"'",
      ]),
  },
  { type: "geometry", literal: (random) => random.pick(["st_geomfromtext('POINT(1 -2.5)')"]) },
];

const NAMES = [
  "__proto__",
  'a"b',
  "a\nb",
  "ünï世",
  "constructor",
  "o",
  "b",
  "end",
  "'",
  "\\",
  "${x}",
  "*/",
];

function nameOf(n: number): string {
  return NAMES[n] ?? `c${n}`;
}

const quote = (name: string): string => `\`${name.replaceAll("`", "``")}\``;

/** The last documents by id, and the same made of what a SELECT gives. */
async function compare(
  db: TestDatabase,
  table: string,
  actions: readonly RecordedAction[],
): Promise<void> {
  await using connection = await openConnection(parseConnectionUrl(db.url.href));
  const described = await describeTable(connection, db.name, table);
  const { schema } = described!;
  const ids = await db.query<{ id: number }>(`select id from ${table}`);
  const rows = await readRowsByKey(connection, {
    schema,
    keyColumns: [schema.columns.findIndex((column) => column.name === "id")],
    keys: ids.map(({ id }) => [String(id)]),
  });
  const expected = new Map(
    ids.map(({ id }, i) => [
      String(id),
      `{${schema.columns.map((column, c) => `${JSON.stringify(column.name)}:${rows[i]![c] ?? "null"}`).join(",")}}`,
    ]),
  );
  const documents = new Map<string, string>();
  for (const action of actions) {
    if (action.kind === "index") documents.set(action.id, action.document);
    else documents.delete(action.id);
  }
  expect(Object.fromEntries(documents)).toEqual(Object.fromEntries(expected));
}

test.each(["mysql", "mariadb"] as const)(
  "documents of random tables of %s are what a SELECT gives, within their bounds",
  async (server) => {
    const random = createRandom(SEED, "tables");
    await using db = await openTestDatabase(server);
    await db.query("set session sql_mode = ''");
    for (let n = 0; n < TABLES; n++) {
      const kinds = Array.from({ length: random.integer(1, 45) }, () => random.pick(KINDS));
      const columns = kinds.map((kind, i) => {
        const nullable = random.integer(0, 2) > 0 || /timestamp/.test(kind.type);
        return `${quote(nameOf(i))} ${kind.type} ${nullable ? "null" : "not null"}`;
      });
      columns.splice(random.integer(0, columns.length), 0, "id int unsigned not null");
      await db.query(
        `create table t${n} (${columns.join(", ")}, primary key (id)) row_format=dynamic`,
      );
      const nullable = columns
        .filter((c) => !c.startsWith("id "))
        .map((c) => c.endsWith(" null") && !c.endsWith("not null"));
      const values = (): string[] =>
        kinds.map((kind, i) =>
          nullable[i]! && random.integer(0, 3) === 0 ? "null" : kind.literal(random),
        );
      const names = kinds.map((_, i) => quote(nameOf(i)));
      const { actions, gaps } = await recordChanges({
        url: db.url.href,
        database: db.name,
        rule: { decimals: "number" },
        work: async () => {
          const rows = Array.from(
            { length: ROWS },
            (_, id) => `(${[id * 7, ...values()].join(",")})`,
          );
          await db.query(`insert into t${n} (id, ${names.join(",")}) values ${rows.join(",")}`);
          const changed = values();
          await db.query(
            `update t${n} set ${names.map((name, i) => `${name} = ${changed[i]}`).join(", ")}, id = id + 1 where id % 2 = 0`,
          );
          await db.query(`delete from t${n} where id % 5 = 0`);
        },
      });
      expect(gaps, `seed ${SEED}`).toEqual([]);
      await compare(db, `t${n}`, actions).catch((error: Error) => {
        throw new Error(`seed ${SEED}, table ${n} (${columns.join(", ")}): ${error.message}`, {
          cause: error,
        });
      });
    }
  },
  120_000,
);

test.each([400, 1000])("a table of %i columns is read", async (count) => {
  await using db = await openTestDatabase();
  const columns = Array.from(
    { length: count },
    (_, i) =>
      `c${i} ${i % 3 === 0 ? "int" : i % 3 === 1 ? (count < 500 ? "varchar(20)" : "smallint") : "bigint unsigned"}`,
  );
  await db.query(`create table w (id int, ${columns.join(", ")}, primary key (id))`);
  const { actions } = await recordChanges({
    url: db.url.href,
    database: db.name,
    work: async () => {
      await db.query(
        `insert into w (id, c0, c1, c2, c${count - 1}) values (1, -5, '4', 18446744073709551615, 7), (2, 1, null, null, null); update w set c4 = '6' where id = 2; delete from w where id = 1`,
      );
    },
  });
  expect(actions).toHaveLength(4);
  await compare(db, "w", actions);
});

test("ids are made of every type that identifies a row, in key order", async () => {
  await using db = await openTestDatabase();
  const types: readonly (readonly [string, string, string])[] = [
    ["decimal(10,2)", "-1.5", "-1.50"],
    ["date", "'2020-02-29'", "2020-02-29"],
    ["datetime(3)", "'2020-02-29 10:00:00.5'", "2020-02-29T10:00:00.500"],
    ["timestamp", "'2020-02-29 10:00:00'", "2020-02-29T10:00:00Z"],
    ["time", "'-01:02:03'", "-01:02:03"],
    ["year", "2020", "2020"],
    ["bit(10)", "b'1000000001'", "513"],
    ["enum('a','b\"')", "'b\"'", 'b"'],
    ["set('a','b')", "'a,b'", "a,b"],
    ["binary(4)", "x'00FF00'", "AP8AAA=="],
    ["char(5)", "'é  '", "é"],
    ["varchar(5)", "'é  '", "é  "],
    ["varchar(5)", "'a:%\\n'", "a:%\n"],
    ["bigint unsigned", "18446744073709551615", "18446744073709551615"],
  ];
  await db.query("set names utf8mb4, session time_zone = '+00:00'");
  await db.query(
    types
      .map(([type], i) => `create table t${i} (a int, k ${type} not null, primary key (k))`)
      .join("; "),
  );
  await db.query(
    `create table c (z int not null, ${types.map(([type], i) => `k${i} ${type} not null`).join(", ")}, primary key (${types.map((_, i) => `k${types.length - 1 - i}`).join(", ")}, z))`,
  );
  const { actions } = await recordChanges({
    url: db.url.href,
    database: db.name,
    work: async () => {
      for (const [i, [, literal]] of types.entries()) {
        await db.query(
          `insert into t${i} values (1, ${literal}); update t${i} set a = 2; delete from t${i}`,
        );
      }
      await db.query(
        `insert into c values (9, ${types.map(([, literal]) => literal).join(", ")}); update c set z = 8; delete from c`,
      );
    },
  });
  const single = types.map((_, i) => actions.slice(3 * i, 3 * i + 3).map((action) => action.id));
  for (const [i, [type, , expected]] of types.entries()) {
    expect(new Set(single[i]).size, type).toBe(1);
    expect(single[i]![0], type).toBe(expected);
  }
  const escaped = single
    .map((ids) => ids[0]!.replaceAll("%", "%25").replaceAll(":", "%3A"))
    .toReversed();
  const tail = actions.slice(3 * types.length).map((action) => action.id);
  expect(tail).toEqual([9, 9, 8, 8].map((z) => [...escaped, String(z)].join(":")));
});

test("ids that differ in letter case or trailing spaces only are different documents", async () => {
  await using db = await openTestDatabase();
  await db.query(
    "create table t (k varchar(9) collate utf8mb4_general_ci primary key, v int); insert into t values ('abc', 1)",
  );
  const { actions } = await recordChanges({
    url: db.url.href,
    database: db.name,
    work: async () => {
      await db.query("update t set k = 'ABC'; update t set k = 'ABC '; update t set v = 2");
    },
  });
  expect(actions.map((one) => `${one.kind} ${one.id}`)).toEqual([
    "delete abc",
    "index ABC",
    "delete ABC",
    "index ABC ",
    "index ABC ",
  ]);
});

test("an id as long as a key can be is whole, and columns that could be longer are refused", async () => {
  await using db = await openTestDatabase();
  await db.query(
    "create table t (a varchar(768) not null, primary key (a)); create table u (a varchar(3000) not null, b varchar(3000) not null, c varchar(3000) not null, d varchar(3000) not null, unique (a(9), b(9))) character set latin1",
  );
  const { actions } = await recordChanges({
    url: db.url.href,
    database: db.name,
    work: async () => {
      await db.query("insert into t values (repeat(char(1), 768)), (repeat('🙂', 768))");
    },
  });
  expect(actions.map((action) => action.id)).toEqual(["\u0001".repeat(768), "🙂".repeat(768)]);
  const long = recordChanges({
    url: db.url.href,
    database: db.name,
    rule: { id: ["a", "b", "c", "d"] },
    work: async () => {
      await db.query("insert into u values ('a', 'b', 'c', 'd')");
    },
  });
  await expect(long).rejects.toMatchObject({ code: "RULE_ID_UNUSABLE" });
});

test("a rule may leave out the key, or every column", async () => {
  await using db = await openTestDatabase();
  await db.query("create table t (v int, id int, w int, primary key (id))");
  for (const [rule, document] of [
    [{ include: ["w"] }, '{"w":3}'],
    [{ exclude: ["v", "id", "w"] }, "{}"],
    [{ include: ["w", "v"], rename: { v: 'q"\n' } }, '{"q\\"\\n":1,"w":3}'],
  ] as const) {
    const { actions } = await recordChanges({
      url: db.url.href,
      database: db.name,
      rule,
      work: async () => {
        await db.query("insert into t values (1, 2, 3); delete from t");
      },
    });
    expect(actions).toMatchObject([
      { id: "2", document },
      { id: "2", kind: "delete" },
    ]);
  }
});
