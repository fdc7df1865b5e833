import type { Random } from "../support/random.ts";
import type { ChangeKind } from "./change-kind.ts";
import { text, values } from "./literals.ts";

/**
 * Changes of table definitions. What a definition does to rows is not in the log (a default of a new column, a column that is gone), so each is followed
 * by an update of all rows; {@link TOUCH_ALL} repeats that at the end of a run.
 */
export const SCHEMA_CHANGES: readonly ChangeKind[] = [
  {
    name: "add, drop, rename or move a column",
    weight: 6,
    statements: (random, columns) => [
      `ALTER TABLE shifting ${alteration(random, columns)}`,
      ...(random.chance(0.5) ? writeLabels(random, "shifting") : []),
      TOUCH_SHIFTING,
    ],
  },
  {
    name: "swap a table for its copy (gh-ost)",
    weight: 2,
    statements: (random) => {
      const column = random.pick(["ADD COLUMN extra VARCHAR(20) NULL DEFAULT 'x' AFTER id", ""]);
      const move = `MODIFY COLUMN label VARCHAR(60) ${random.pick(["FIRST", "AFTER touched"])}`;
      return [
        "DROP TABLE IF EXISTS _ghost_gho, _ghost_del",
        "CREATE TABLE _ghost_gho (id INT PRIMARY KEY, label VARCHAR(60), touched INT NOT NULL DEFAULT 0)",
        `ALTER TABLE _ghost_gho ${column === "" ? move : column}`,
        "INSERT INTO _ghost_gho (id, label, touched) SELECT id, label, touched FROM ghost WHERE id < 20",
        "LOCK TABLES ghost WRITE, _ghost_gho WRITE",
        "REPLACE INTO _ghost_gho (id, label, touched) SELECT id, label, touched FROM ghost",
        "DELETE FROM _ghost_gho WHERE id NOT IN (SELECT id FROM ghost)",
        "RENAME TABLE ghost TO _ghost_del, _ghost_gho TO ghost",
        "UNLOCK TABLES",
        "DROP TABLE _ghost_del",
        TOUCH_GHOST,
      ];
    },
  },
  {
    name: "truncate",
    weight: 2,
    statements: (random) => [
      "TRUNCATE TABLE wiped",
      ...(random.chance(0.7) ? writeLabels(random, "wiped") : []),
    ],
  },
  {
    name: "drop and create with another layout",
    weight: 2,
    statements: (random) => [
      "DROP TABLE IF EXISTS reborn",
      random.pick([
        "CREATE TABLE reborn (id INT PRIMARY KEY, label VARCHAR(60))",
        "CREATE TABLE reborn (label VARCHAR(60), born DATETIME(3) DEFAULT CURRENT_TIMESTAMP(3), id INT PRIMARY KEY)",
        "CREATE TABLE reborn (born DATETIME(3) NULL, id INT, weight DECIMAL(12,3) DEFAULT 1.5, label VARCHAR(60), PRIMARY KEY (id))",
        "CREATE TABLE reborn (PRIMARY KEY (id)) AS SELECT n AS id, CONCAT('made of ', n) AS label, CAST('1.5' AS DECIMAL(12,3)) AS weight FROM numbers WHERE n <= 300",
      ]),
      ...writeLabels(random, "reborn"),
    ],
  },
];

/** Changes of rows of these tables, whatever their columns are at the moment. */
export const SCHEMA_ROW_CHANGES: readonly ChangeKind[] = [
  {
    name: "change rows of a table that changes",
    weight: 6,
    statements: (random) => writeLabels(random, "shifting"),
  },
  {
    name: "change rows of a table that is replaced",
    weight: 3,
    statements: (random) => writeLabels(random, random.pick(["ghost", "wiped", "reborn"])),
  },
];

const TOUCH_SHIFTING = "UPDATE shifting SET touched = touched + 1";
const TOUCH_GHOST = "UPDATE ghost SET touched = touched + 1";

/** Updates every row of the tables whose columns have changed. */
export const TOUCH_ALL: readonly string[] = [TOUCH_SHIFTING, TOUCH_GHOST];

/** Columns that come and go: each with its definition and the name that it is given by a rename. A field keeps its type for ever. */
const EXTRA_COLUMNS = [
  { name: "extra_int", renamed: "renamed_int", type: "INT NOT NULL DEFAULT 7" },
  { name: "extra_text", renamed: "renamed_text", type: "VARCHAR(100) DEFAULT 'größer'" },
  { name: "extra_decimal", renamed: "renamed_decimal", type: "DECIMAL(12,3) DEFAULT 1.5" },
  { name: "extra_json", renamed: "renamed_json", type: "JSON DEFAULT (JSON_ARRAY(1, 'two'))" },
  {
    name: "extra_time",
    renamed: "renamed_time",
    type: "DATETIME(3) DEFAULT '2026-11-23 10:20:30.5'",
  },
  { name: "extra_enum", renamed: "renamed_enum", type: "ENUM('one','two','three') DEFAULT 'two'" },
] as const;

/** What an ALTER TABLE of `shifting` does, given the columns that it has. */
function alteration(random: Random, columns: ReadonlySet<string>): string {
  const presentName = ({ name, renamed }: (typeof EXTRA_COLUMNS)[number]): string | undefined =>
    [name, renamed].find((candidate) => columns.has(candidate));
  const present = EXTRA_COLUMNS.filter((column) => presentName(column) !== undefined);
  const absent = EXTRA_COLUMNS.filter((column) => presentName(column) === undefined);
  const add = (): string => {
    const { name, type } = random.pick(absent);
    return `ADD COLUMN ${name} ${type} ${random.pick(["", "FIRST", "AFTER id"])}`;
  };
  const drop = (): string => `DROP COLUMN ${presentName(random.pick(present))}`;
  const rename = (): string => {
    const column = random.pick(present);
    const from = presentName(column)!;
    return `RENAME COLUMN ${from} TO ${from === column.name ? column.renamed : column.name}`;
  };
  const move = (): string =>
    `MODIFY COLUMN label VARCHAR(${random.pick([60, 80])}) ${random.pick(["FIRST", "AFTER touched", "AFTER id"])}`;
  const both = (): string => `${drop()}, ${add()}`;
  return random.pick([
    move,
    ...(absent.length > 0 ? [add, add] : []),
    ...(present.length > 0 ? [drop, rename] : []),
    ...(absent.length > 0 && present.length > 0 ? [both] : []),
  ])();
}

function writeLabels(random: Random, table: string): string[] {
  const rows = Array.from({ length: random.integer(1, 10) }, () =>
    values([random.integer(1, 200), text(random.pick(["é", "漢字", "x".repeat(50)]))]),
  );
  const first = random.integer(1, 200);
  const update = `UPDATE ${table} SET label = ${text(`label ${random.integer(0, 1000)}`)} WHERE id BETWEEN ${first} AND ${first + 10}`;
  return [
    `INSERT INTO ${table} (id, label) VALUES ${rows.join(", ")} ON DUPLICATE KEY UPDATE label = CONCAT(LEFT(VALUES(label), 40), '+')`,
    ...(random.chance(0.5) ? [update] : []),
    ...(random.chance(0.2) ? [`DELETE FROM ${table} WHERE id = ${first}`] : []),
  ];
}
