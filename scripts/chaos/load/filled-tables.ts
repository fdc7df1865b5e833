import { type ChaosTable, DATABASE } from "../tables.ts";

/** Rows that are there before the pipeline runs for the first time; numbers are those of the table `numbers`. */
const LEDGER_TENANTS = ["a", "B", "ü:1"] as const;
/** Rows of each tenant. */
export const LEDGER_ROWS = 20_000;
/** Keys of the catalogue. */
export const CATALOGUE_ROWS = 30_000;
/** Keys of the members; about two thirds of them have scores. */
export const MEMBERS = 15_000;

/** Tables that are filled before, for loads: together about 115,000 rows. */
export const FILLED_TABLES: readonly ChaosTable[] = [
  {
    // chunks by a composite key of texts without regard to case
    name: "ledger",
    index: "ledger",
    first: "VALUES ('first', 1, 0, NULL)",
    create: `(tenant VARCHAR(20) NOT NULL, n INT NOT NULL, amount DECIMAL(12,2) NOT NULL, note VARCHAR(60), PRIMARY KEY (tenant, n))`,
  },
  {
    // a filter and expressions
    name: "catalogue",
    index: "catalogue",
    first: "VALUES (90000000, 'first', 1, 1, 'shown', NULL)",
    create: `(id BIGINT UNSIGNED PRIMARY KEY, name VARCHAR(60) NOT NULL, price DECIMAL(10,2) NOT NULL, stock INT NOT NULL, state ENUM('shown','hidden') NOT NULL, data JSON)`,
    rule: [
      `query = "select *, price * stock as worth, upper(name) as shout from ${DATABASE}.catalogue where stock > 0 and state <> 'hidden'"`,
    ],
    expected: {
      where: "stock > 0 AND state <> 'hidden'",
      // of more than 15 digits, so a string
      fields: { worth: "CAST(price * stock AS CHAR)", shout: "UPPER(name)" },
    },
  },
  {
    // two tables that own a part of a document each
    name: "members",
    index: "profiles",
    first: "VALUES (900000, 'first')",
    create: "(id INT PRIMARY KEY, name VARCHAR(60) NOT NULL)",
    rule: [
      `query = "select name from ${DATABASE}.members"`,
      'id = "{id}"',
      "upsert = true",
      'on_delete = "delete"',
    ],
    expected: { table: "profiles", id: ["id"], except: ["id"] },
  },
  {
    name: "scores",
    index: "profiles",
    first: "VALUES (900000, 1)",
    create: `(member INT PRIMARY KEY, points INT NOT NULL, FOREIGN KEY (member) REFERENCES members (id))`,
    rule: [
      `query = "select points from ${DATABASE}.scores"`,
      'id = "{member}"',
      "upsert = true",
      'on_delete = "clear"',
    ],
    expected: null,
  },
];

/** The statements that fill them. */
export const FILL_STATEMENTS: readonly string[] = [
  ...LEDGER_TENANTS.map(
    (tenant) =>
      `INSERT INTO ledger SELECT '${tenant}', n, n / 7, IF(n % 5 = 0, NULL, CONCAT('line ', n)) FROM numbers WHERE n <= ${LEDGER_ROWS}`,
  ),
  `INSERT INTO catalogue SELECT n, CONCAT('thing ', n, ' ß'), n / 3, n % 11, IF(n % 9 = 0, 'hidden', 'shown'), IF(n % 4 = 0, NULL, JSON_OBJECT('n', n)) FROM numbers WHERE n <= ${CATALOGUE_ROWS}`,
  `INSERT INTO members SELECT n, CONCAT('member ', n) FROM numbers WHERE n <= ${MEMBERS}`,
  `INSERT INTO scores SELECT n, n * 3 FROM numbers WHERE n <= ${MEMBERS} AND n % 3 > 0`,
  // what the documents of both should hold
  "CREATE VIEW profiles AS SELECT m.id, m.name, s.points FROM members m LEFT JOIN scores s ON s.member = m.id",
];
