import type { Random } from "../support/random.ts";
import type { ChangeKind } from "./change-kind.ts";
import { number, text, values } from "./literals.ts";

const ITEM_KEYS = 2_000;
/** Out of the way of other keys: where a row waits while two others change places. */
const PARKED_KEY = "18446744073709551615";
const TENANTS = [
  "a",
  "A",
  "á",
  "a:b",
  "a:B",
  "50%",
  "50%3A",
  "",
  ":",
  "日本",
  "🚀",
  "straße",
  "STRASSE",
];

/** Changes of single rows and of some rows, in one statement or several. */
export const ROW_CHANGES: readonly ChangeKind[] = [
  {
    name: "write rows once",
    weight: 24,
    statements: (random) => {
      const rows = Array.from({ length: random.integer(1, 30) }, (_, i) => `('line ${i}')`);
      const insert = `INSERT INTO journal (text) VALUES ${rows.join(", ")}`;
      const fate = random.pick([
        [],
        [],
        ["UPDATE journal SET revised = 1 WHERE id = LAST_INSERT_ID()"],
        ["DELETE FROM journal WHERE id = LAST_INSERT_ID()"],
        ["UPDATE journal SET id = -id WHERE id = LAST_INSERT_ID()"],
      ]);
      return random.chance(0.5) ? [insert, ...fate] : transaction([insert, ...fate]);
    },
  },
  {
    name: "insert or update rows",
    weight: 14,
    statements: (random) => [upsertItems(random, random.integer(1, 20))],
  },
  {
    name: "replace rows",
    weight: 6,
    statements: (random) => [`REPLACE INTO items (${ITEM_COLUMNS}) VALUES ${itemRow(random)}`],
  },
  {
    name: "update one row",
    weight: 14,
    statements: (random) => [updateItem(random, `id = ${key(random)}`)],
  },
  {
    name: "update a range",
    weight: 5,
    statements: (random) => [updateItem(random, range(random, 60))],
  },
  {
    name: "delete rows",
    weight: 6,
    statements: (random) => [`DELETE FROM items WHERE ${range(random, 10)}`],
  },
  {
    name: "delete and insert again",
    weight: 6,
    statements: (random) => {
      const id = key(random);
      const statements = [
        `DELETE FROM items WHERE id = ${id}`,
        `INSERT INTO items (${ITEM_COLUMNS}) VALUES ${itemRow(random, id)}`,
      ];
      return random.chance(0.5) ? transaction(statements) : statements;
    },
  },
  {
    name: "insert, update, delete in one transaction",
    weight: 3,
    statements: (random) => {
      const id = key(random);
      return transaction([
        `DELETE FROM items WHERE id = ${id}`,
        `INSERT INTO items (${ITEM_COLUMNS}) VALUES ${itemRow(random, id)}`,
        updateItem(random, `id = ${id}`),
        `DELETE FROM items WHERE id = ${id}`,
      ]);
    },
  },
  {
    name: "change a primary key",
    weight: 8,
    statements: (random) => [
      `UPDATE items SET id = ${key(random)}, quantity = quantity + 1 WHERE id = ${key(random)}`,
    ],
  },
  {
    name: "swap primary keys",
    weight: 5,
    statements: (random) => {
      const [a, b] = [key(random), key(random)];
      return transaction([
        `UPDATE items SET id = ${PARKED_KEY} WHERE id = ${a}`,
        `UPDATE items SET id = ${a} WHERE id = ${b}`,
        `UPDATE items SET id = ${b} WHERE id = ${PARKED_KEY}`,
      ]);
    },
  },
  {
    name: "shift primary keys",
    weight: 2,
    statements: (random) => {
      const first = random.integer(1, ITEM_KEYS);
      return [
        `UPDATE items SET id = id + 3 WHERE id BETWEEN ${first} AND ${first + 30} ORDER BY id DESC`,
      ];
    },
  },
  {
    name: "roll back",
    weight: 3,
    statements: (random) => [
      "BEGIN",
      upsertItems(random, 5),
      `DELETE FROM items WHERE ${range(random, 20)}`,
      "ROLLBACK",
    ],
  },
  {
    name: "roll back to a savepoint",
    weight: 4,
    statements: (random) =>
      transaction([
        upsertItems(random, 3),
        "SAVEPOINT one",
        `DELETE FROM items WHERE ${range(random, 20)}`,
        upsertItems(random, 2),
        "ROLLBACK TO SAVEPOINT one",
        updateItem(random, range(random, 4)),
      ]),
  },
  {
    name: "change one row over and over",
    weight: 8,
    statements: (random) => {
      const id = random.integer(1, 3);
      const filler = text("x".repeat(random.integer(0, 2_000)));
      const update = `UPDATE hot SET counter = counter + 1, filler = ${filler} WHERE id = ${id}`;
      const statements = [
        `INSERT IGNORE INTO hot VALUES (${id}, 0, NULL)`,
        ...Array.from({ length: random.integer(1, 30) }, () => update),
      ];
      return random.chance(0.5) ? transaction(statements) : statements;
    },
  },
  {
    name: "change composite keys",
    weight: 8,
    statements: (random) => {
      const pair = () => [String(random.integer(1, 20)), text(random.pick(TENANTS))] as const;
      const [[n, tenant], [n2, tenant2]] = [pair(), pair()];
      return [
        `REPLACE INTO pairs (n, tenant, value) VALUES (${n}, ${tenant}, ${text(random.pick(TENANTS))})`,
        `UPDATE pairs SET n = ${n2}, tenant = ${tenant2} WHERE n = ${n} AND tenant = ${tenant}`,
        ...(random.chance(0.3) ? [`DELETE FROM pairs WHERE n = ${random.integer(1, 20)}`] : []),
      ];
    },
  },
  {
    name: "change shards",
    weight: 5,
    statements: (random) => {
      const shard = random.integer(0, 2);
      const rows = Array.from({ length: random.integer(1, 10) }, () =>
        values([
          random.integer(0, 300) * 3 + shard,
          text(random.pick(TENANTS)),
          random.integer(0, 9),
        ]),
      );
      return [
        `INSERT INTO shard_${shard} (id, label, n) VALUES ${rows.join(", ")} ON DUPLICATE KEY UPDATE n = n + 1`,
        ...(random.chance(0.3)
          ? [`DELETE FROM shard_${shard} WHERE id < ${random.integer(0, 100)}`]
          : []),
      ];
    },
  },
];

const ITEM_COLUMNS =
  "id, name, quantity, price, exact, ratio, score, state, tags, flags, uid, body, data, released, born, at, seen, span, latin";

function key(random: Random): string {
  // Every fourth key is beyond what a double holds.
  const id = BigInt(random.integer(1, ITEM_KEYS));
  return String(id % 4n === 0n ? id + 2n ** 63n : id);
}

function range(random: Random, most: number): string {
  const first = random.integer(1, ITEM_KEYS);
  return `id BETWEEN ${first} AND ${first + random.integer(0, most)}`;
}

function upsertItems(random: Random, count: number): string {
  const rows = Array.from({ length: count }, () => itemRow(random));
  return `INSERT INTO items (${ITEM_COLUMNS}) VALUES ${rows.join(", ")} ON DUPLICATE KEY UPDATE quantity = quantity + 1, data = VALUES(data), at = VALUES(at)`;
}

function updateItem(random: Random, where: string): string {
  const changes = [
    `quantity = ${random.integer(-1000, 1000)}`,
    `name = ${text(random.pick(NAMES))}`,
    `price = ${random.chance(0.2) ? "NULL" : number(random, 8, 2)}`,
    `exact = ${number(random, 20, 10)}`,
    `data = ${text(json(random))}`,
    `body = 0x${random.bytes(random.integer(1, 300)).toString("hex")}`,
    `seen = ${random.chance(0.2) ? "NULL" : text(`2026-11-23 10:20:30.${random.integer(100, 999)}`)}`,
    `tags = ${text(random.pick(["", "a", "a,c", "b,c"]))}`,
    `score = ${random.integer(-1000, 1000)} / 7`,
    `latin = ${text(random.pick(["é", "ÿ€", ""]))}`,
  ];
  const chosen = changes.filter(() => random.chance(0.35));
  return `UPDATE items SET ${(chosen.length > 0 ? chosen : changes).join(", ")} WHERE ${where}`;
}

const NAMES = [
  "plain",
  "naïve",
  "漢字かな",
  "emoji 🧨",
  'quotes " \\ back',
  "line\nbreak\ttab",
  "",
];

function itemRow(random: Random, id = key(random)): string {
  const time = `10:20:${random.integer(10, 59)}`;
  return values([
    id,
    text(random.pick(NAMES)),
    random.integer(-2_147_483_648, 1_000_000_000),
    random.chance(0.1) ? "NULL" : number(random, 8, 2),
    random.chance(0.1) ? "NULL" : number(random, 20, 10),
    `${random.integer(-100_000, 100_000)} / 3e${random.integer(-20, 20)}`,
    `${random.integer(-100_000, 100_000)} / 7`,
    text(random.pick(["new", "old", "größer"])),
    text(random.pick(["", "a", "a,b,c"])),
    random.integer(0, 4095),
    `0x${random.bytes(random.integer(1, 8)).toString("hex")}`,
    random.chance(0.2) ? "NULL" : `0x${random.bytes(random.integer(1, 200)).toString("hex")}`,
    text(json(random)),
    random.pick([0, 1901, 2026, 2155]),
    text(`${random.integer(1000, 9999)}-0${random.integer(1, 9)}-1${random.integer(0, 9)}`),
    text(`2026-11-23 ${time}.${String(random.integer(0, 999_999)).padStart(6, "0")}`),
    random.chance(0.2) ? "NULL" : text(`2026-11-23 ${time}.${random.integer(100, 999)}`),
    text(`${random.chance(0.3) ? "-" : ""}${random.integer(0, 838)}:01:02.50`),
    text(random.pick(["é", "ÿ€", "plain"])),
  ]);
}

/** JSON whose shape varies. */
function json(random: Random): string {
  const value = random.pick([
    null,
    "text",
    [1, "two", { three: [3.5] }],
    { a: random.integer(0, 1_000_000), b: { c: [true, false, null] }, "d.e": "f" },
    { names: NAMES, big: "BIG", third: 0.3333333333333333 },
  ]);
  return JSON.stringify(value).replace('"BIG"', "18446744073709551615");
}

function transaction(statements: readonly string[]): string[] {
  return ["BEGIN", ...statements, "COMMIT"];
}
