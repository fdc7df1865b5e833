import type { Random } from "../support/random.ts";
import type { ChangeKind } from "./change-kind.ts";
import { text, values } from "./literals.ts";
import { MOST_NUMBERS } from "./tables.ts";

/** Large transactions, at least this many rows each. */
const LARGE_ROWS = 20_000;

/** Changes of tens of thousands of rows in one transaction. */
export const LARGE_CHANGES: readonly ChangeKind[] = [
  {
    name: "insert 20,000+ rows",
    weight: 3,
    statements: (random) => {
      const last = random.integer(LARGE_ROWS, MOST_NUMBERS);
      return [
        `INSERT INTO bulk (id, round, payload) SELECT n, 0, CONCAT('payload ', n) FROM numbers WHERE n <= ${last} ON DUPLICATE KEY UPDATE round = round + 1`,
      ];
    },
  },
  {
    name: "update 20,000+ rows",
    weight: 2,
    statements: () => ["UPDATE bulk SET round = round + 1"],
  },
  {
    name: "delete and insert 20,000+ rows in one transaction",
    weight: 2,
    statements: (random) => [
      "BEGIN",
      `DELETE FROM bulk WHERE id > ${random.integer(0, 10_000)}`,
      `REPLACE INTO bulk (id, round, payload) SELECT n, ${random.integer(0, 9)}, REPEAT('x', n % 90) FROM numbers WHERE n <= ${LARGE_ROWS}`,
      "COMMIT",
    ],
  },
  {
    name: "write 20,000+ rows once",
    weight: 2,
    statements: () => [
      `INSERT INTO journal (text) SELECT CONCAT('large ', n) FROM numbers WHERE n <= ${LARGE_ROWS}`,
    ],
  },
  {
    name: "delete 20,000+ rows",
    weight: 1,
    statements: () => ["DELETE FROM bulk"],
  },
];

/** Changes that the log records in a way of their own. */
export const SPECIAL_CHANGES: readonly ChangeKind[] = [
  {
    name: "change JSON in part",
    weight: 10,
    statements: (random) => {
      const id = random.integer(1, 100);
      const path = random.pick(["$.counter", "$.list[0]", "$.deep.er.value", "$.new_member"]);
      const change = random.pick([
        `JSON_SET(body, '${path}', ${random.integer(0, 1_000_000)})`,
        `JSON_SET(body, '${path}', ${text(random.pick(["short", "漢字", "x".repeat(300)]))})`,
        `JSON_REPLACE(body, '$.counter', 1.5, '$.deep.er.value', CAST('[1,{"a":null}]' AS JSON))`,
        `JSON_REMOVE(body, '${path}')`,
      ]);
      return [
        `INSERT IGNORE INTO docs VALUES (${id}, ${JSON_BODY}, 'first')`,
        `UPDATE docs SET body = ${change} WHERE id BETWEEN ${id} AND ${id + random.integer(0, 5)}`,
        ...(random.chance(0.1) ? [`DELETE FROM docs WHERE id = ${random.integer(1, 100)}`] : []),
      ];
    },
  },
  {
    name: "foreign key cascades",
    weight: 8,
    statements: (random) => {
      const parent = random.integer(1, 40);
      const children = Array.from({ length: random.integer(1, 8) }, () =>
        values([random.integer(1, 400), parent, random.integer(1, 40), "'child'"]),
      );
      const effect = random.pick([
        `DELETE FROM parents WHERE id = ${random.integer(1, 40)}`,
        `UPDATE parents SET id = ${random.integer(1, 40)} WHERE id = ${random.integer(1, 40)}`,
        `REPLACE INTO parents VALUES (${random.integer(1, 40)}, 'replaced')`,
      ]);
      return [
        `INSERT IGNORE INTO parents VALUES (${parent}, 'parent ${parent}')`,
        `INSERT IGNORE INTO children (id, parent, owner, text) VALUES ${children.join(", ")}`,
        effect,
      ];
    },
  },
  {
    name: "XA commit",
    weight: 4,
    statements: (random) => xaTransaction(random, "XA COMMIT"),
  },
  {
    name: "XA rollback",
    weight: 2,
    statements: (random) => xaTransaction(random, "XA ROLLBACK"),
  },
  {
    name: "XA commit in one phase",
    weight: 2,
    statements: (random) => {
      const name = xaName(random);
      return [
        `XA START ${name}`,
        ...branchChanges(random),
        `XA END ${name}`,
        `XA COMMIT ${name} ONE PHASE`,
      ];
    },
  },
  {
    name: "flush the log",
    weight: 2,
    statements: () => ["FLUSH BINARY LOGS"],
  },
];

/** Settings of the session for the changes that follow. */
export function sessionStatements(random: Random): readonly string[] {
  return [
    `SET SESSION binlog_row_image = ${random.pick(["FULL", "FULL", "MINIMAL", "NOBLOB"])}`,
    `SET SESSION binlog_row_value_options = ${random.pick(["''", "PARTIAL_JSON"])}`,
    `SET SESSION binlog_transaction_compression = ${random.pick(["OFF", "ON"])}`,
  ];
}

const JSON_BODY = `JSON_OBJECT('counter', 0, 'list', JSON_ARRAY(1, 2, 3), 'deep', JSON_OBJECT('er', JSON_OBJECT('value', 'x')), 'filler', REPEAT('filler ', 200))`;

function xaTransaction(random: Random, end: "XA COMMIT" | "XA ROLLBACK"): string[] {
  const name = xaName(random);
  const statements = [`XA START ${name}`, ...branchChanges(random), `XA END ${name}`];
  // What others do while it is prepared is in the log in between.
  const pause = random.chance(0.5) ? [`DO SLEEP(${random.integer(1, 15) / 10})`] : [];
  return [...statements, `XA PREPARE ${name}`, ...pause, `${end} ${name}`];
}

function xaName(random: Random): string {
  return `'chaos-${random.integer(0, 1_000_000_000)}'`;
}

function branchChanges(random: Random): string[] {
  const id = random.integer(1, 200);
  return [
    `INSERT INTO branches VALUES (${id}, ${random.integer(1, 100)}, 'branch') ON DUPLICATE KEY UPDATE amount = amount + 1`,
    `UPDATE branches SET amount = amount - 1 WHERE id BETWEEN ${id} AND ${id + 10}`,
    ...(random.chance(0.3) ? [`DELETE FROM branches WHERE id = ${random.integer(1, 200)}`] : []),
  ];
}
