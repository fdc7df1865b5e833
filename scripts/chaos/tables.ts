import type { VerifiedTable } from "../../test/support/verify.ts";

/** The database that the workload changes. */
export const DATABASE = "chaos";

/** Numbers from 1 to here are in the table `numbers`, which no rule captures: the source of large statements. */
export const MOST_NUMBERS = 30_000;

/** A table of the workload and how it is captured. */
export interface ChaosTable {
  readonly name: string;
  readonly create: string;
  /** Columns and values of the row that it begins with. */
  readonly first: string;
  /** The rule's table, when it is a pattern of several tables; absent = the table alone. */
  readonly pattern?: string;
  /** The rule's index without the run's prefix. */
  readonly index: string;
  /** The rule deletes the documents when the table is truncated or dropped. */
  readonly clears?: boolean;
  /** What the rule says instead of the table's name: lines of its section. */
  readonly rule?: readonly string[];
  /** What its documents are compared with, where that is not the table as it is; null = nothing, another table's comparison has them, too. */
  readonly expected?: Partial<VerifiedTable> | null;
}

const SHARD = `(id INT UNSIGNED PRIMARY KEY, label VARCHAR(60), n INT NOT NULL DEFAULT 0)`;

/** Tables by what is done to them. */
export const TABLES: readonly ChaosTable[] = [
  {
    // rows of many types
    name: "items",
    index: "items",
    first: "(id, name, quantity, state) VALUES (1, 'first', 1, 'new')",
    create: `(id BIGINT UNSIGNED PRIMARY KEY, name VARCHAR(200) NOT NULL, quantity INT NOT NULL, price DECIMAL(10,2), exact DECIMAL(30,10), ratio DOUBLE, score FLOAT,
      state ENUM('new','old','größer') NOT NULL, tags SET('a','b','c'), flags BIT(12), uid BINARY(8), body MEDIUMBLOB, data JSON, released YEAR, born DATE,
      at DATETIME(6), seen TIMESTAMP(3) NULL, span TIME(2), latin VARCHAR(50) CHARACTER SET latin1, doubled BIGINT AS (quantity * 2) VIRTUAL)`,
  },
  {
    // a composite key of texts that MySQL takes for equal and Elasticsearch does not
    name: "pairs",
    index: "pairs",
    first: "VALUES (1, 'a', 'first')",
    create: `(n SMALLINT NOT NULL, tenant VARCHAR(40) NOT NULL, value VARCHAR(100), PRIMARY KEY (tenant, n)) COLLATE utf8mb4_0900_ai_ci`,
  },
  {
    // rows written once, or changed once: what is lost stays lost
    name: "journal",
    index: "journal",
    first: "VALUES (1, 'first', 0)",
    create: `(id BIGINT AUTO_INCREMENT PRIMARY KEY, text VARCHAR(60) NOT NULL, revised TINYINT NOT NULL DEFAULT 0)`,
  },
  {
    // few rows, changed over and over
    name: "hot",
    index: "hot",
    first: "VALUES (1, 0, NULL)",
    create: `(id INT PRIMARY KEY, counter BIGINT NOT NULL, filler TEXT)`,
  },
  {
    // transactions of tens of thousands of rows
    name: "bulk",
    index: "bulk",
    first: "VALUES (1, 0, 'first')",
    create: `(id INT PRIMARY KEY, round INT NOT NULL, payload VARCHAR(100))`,
  },
  {
    // large JSON, changed in part
    name: "docs",
    index: "docs",
    first: "VALUES (1000, '{}', 'first')",
    create: `(id INT PRIMARY KEY, body JSON NOT NULL, note TEXT)`,
  },
  {
    name: "parents",
    index: "parents",
    first: "VALUES (1000, 'first')",
    create: `(id INT PRIMARY KEY, name VARCHAR(40))`,
  },
  {
    // changed by the foreign key, not by statements
    name: "children",
    index: "children",
    first: "VALUES (1000, 1000, NULL, 'first')",
    create: `(id INT PRIMARY KEY, parent INT NULL, owner INT NULL, text VARCHAR(60),
      FOREIGN KEY (parent) REFERENCES parents (id) ON DELETE CASCADE ON UPDATE CASCADE, FOREIGN KEY (owner) REFERENCES parents (id) ON DELETE SET NULL ON UPDATE CASCADE)`,
  },
  {
    // XA transactions
    name: "branches",
    index: "branches",
    first: "VALUES (1000, 1, 'first')",
    create: `(id INT PRIMARY KEY, amount DECIMAL(12,2) NOT NULL, label VARCHAR(40))`,
  },
  {
    // columns come, go, move and change their names
    name: "shifting",
    index: "shifting",
    first: "VALUES (1000, 'first', 0)",
    create: `(id INT PRIMARY KEY, label VARCHAR(60), touched INT NOT NULL DEFAULT 0)`,
  },
  {
    // replaced by a copy of it, as online schema changes do
    name: "ghost",
    index: "ghost",
    first: "VALUES (1000, 'first', 0)",
    create: `(id INT PRIMARY KEY, label VARCHAR(60), touched INT NOT NULL DEFAULT 0)`,
  },
  {
    // truncated
    name: "wiped",
    index: "wiped",
    first: "VALUES (1000, 'first')",
    clears: true,
    create: `(id INT PRIMARY KEY, label VARCHAR(60))`,
  },
  {
    // dropped and created with another layout
    name: "reborn",
    index: "reborn",
    first: "VALUES (1000, 'first')",
    clears: true,
    create: `(id INT PRIMARY KEY, label VARCHAR(60))`,
  },
  // one rule for all shards
  ...[0, 1, 2].map((shard) => ({
    name: `shard_${shard}`,
    pattern: "shard_#",
    index: "shards",
    create: SHARD,
    first: `VALUES (${3_000 + shard}, 'first', 0)`,
  })),
];

/** The statements that create the database and its tables, each with a row. */
export function createStatements(tables: readonly ChaosTable[]): readonly string[] {
  return [
    `CREATE DATABASE ${DATABASE} CHARACTER SET utf8mb4`,
    `USE ${DATABASE}`,
    "CREATE TABLE numbers (n INT PRIMARY KEY)",
    `SET SESSION cte_max_recursion_depth = ${MOST_NUMBERS}`,
    `INSERT INTO numbers WITH RECURSIVE s (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < ${MOST_NUMBERS}) SELECT n FROM s`,
    ...tables.map(({ name, create }) => `CREATE TABLE ${name} ${create}`),
    // One row each, so that every index is there before the attack.
    ...tables.map(({ name, first }) => `INSERT INTO ${name} ${first}`),
  ];
}

/** What is compared at the end. */
export function verifiedTables(
  prefix: string,
  tables: readonly ChaosTable[] = TABLES,
): VerifiedTable[] {
  return tables.flatMap(({ name, index, expected }) =>
    expected === null
      ? []
      : [{ database: DATABASE, table: name, index: `${prefix}${index}`, ...expected }],
  );
}

/** Documents that are changed often, for a look at their versions. */
export function watchedDocuments(
  prefix: string,
): readonly { readonly _index: string; readonly _id: string }[] {
  const watch = (index: string, count: number) =>
    Array.from({ length: count }, (_, i) => ({ _index: `${prefix}${index}`, _id: String(i + 1) }));
  return [...watch("items", 40), ...watch("hot", 3), ...watch("bulk", 20), ...watch("docs", 20)];
}
