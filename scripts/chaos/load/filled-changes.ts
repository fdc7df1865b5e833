import type { Random } from "../../support/random.ts";
import type { ChangeKind } from "../change-kind.ts";
import { text, values } from "../literals.ts";
import { CATALOGUE_ROWS, LEDGER_ROWS, MEMBERS } from "./filled-tables.ts";

/** Changes of the tables that are filled before: what a load reads changes while it does. */
export const FILLED_CHANGES: readonly ChangeKind[] = [
  {
    name: "change the ledger",
    weight: 14,
    statements: (random) => {
      const tenant = text(random.pick(["a", "A", "b", "ü:1", "z"]));
      const n = random.integer(1, LEDGER_ROWS + 500);
      const some = `tenant = ${tenant} AND n BETWEEN ${n} AND ${n + random.integer(0, 80)}`;
      return random.pick([
        [`UPDATE ledger SET amount = amount + 1 WHERE ${some}`],
        [`DELETE FROM ledger WHERE ${some}`],
        // a case or another tenant
        [`UPDATE ledger SET tenant = ${tenant} WHERE tenant = 'a' AND n = ${n}`],
        [`UPDATE ledger SET n = n + 100000 WHERE ${some} ORDER BY n DESC`],
        [
          `REPLACE INTO ledger VALUES ${Array.from({ length: random.integer(1, 40) }, (_, i) => values([tenant, n + i, random.integer(1, 999), "'replaced'"])).join(", ")}`,
        ],
      ]);
    },
  },
  {
    name: "change the catalogue",
    weight: 14,
    statements: (random) => {
      const first = random.integer(1, CATALOGUE_ROWS);
      const some = `id BETWEEN ${first} AND ${first + random.integer(0, 60)}`;
      const set = random.pick([
        "stock = IF(stock > 0, 0, 5)",
        "state = IF(state = 'hidden', 'shown', 'hidden')",
        `price = ${random.integer(0, 99_999)} / 100`,
        `name = ${text(random.pick(["straße", "naïve", "e\u0301", "🧨 x"]))}, stock = stock + 1`,
        `data = ${text('{"a":[1,2.50,"x"]}')}`,
      ]);
      return random.pick([
        [`UPDATE catalogue SET ${set} WHERE ${some}`],
        [`UPDATE catalogue SET ${set} WHERE ${some}`],
        [`DELETE FROM catalogue WHERE ${some}`],
        [`UPDATE catalogue SET id = id + 1000000 WHERE ${some}`],
        [
          `REPLACE INTO catalogue SELECT n, 'again', 1.5, n % 3, 'shown', NULL FROM numbers WHERE n BETWEEN ${first} AND ${first + 30}`,
        ],
      ]);
    },
  },
  {
    name: "change members and their scores",
    weight: 14,
    statements: (random) => {
      const id = random.integer(1, MEMBERS);
      return random.pick([
        [`UPDATE members SET name = CONCAT('renamed ', id) WHERE ${memberRange(random, id)}`],
        [
          `INSERT INTO members VALUES (${id}, 'back') ON DUPLICATE KEY UPDATE name = 'still here'`,
          `INSERT INTO scores VALUES (${id}, 1) ON DUPLICATE KEY UPDATE points = points + 1`,
        ],
        [`DELETE FROM scores WHERE member BETWEEN ${id} AND ${id + 20}`],
        [
          "BEGIN",
          `DELETE FROM scores WHERE member BETWEEN ${id} AND ${id + 10}`,
          `DELETE FROM members WHERE ${memberRange(random, id)}`,
          "COMMIT",
        ],
        // fails where there are scores
        [`UPDATE members SET id = id + 100000 WHERE id = ${id}`],
      ]);
    },
  },
];

function memberRange(random: Random, id: number): string {
  return `id BETWEEN ${id} AND ${id + random.integer(0, 10)}`;
}
