import type { Column, ColumnType } from "../../src/core/schema.ts";
import type { Random } from "./random.ts";
import * as values from "./values.ts";

/** What kind of value a column or an expression has for the generator. */
export type Kind =
  | "int"
  | "dec"
  | "dbl"
  | "text"
  | "bin"
  | "date"
  | "time"
  | "datetime"
  | "json"
  | "label"
  | "bool";

/** A column of the table that expressions are tried on. */
export interface ProbeColumn {
  readonly kind: Kind;
  readonly column: Column;
  /** Its definition without the name. */
  readonly sql: string;
  readonly literals: values.Literals;
}

const columns: ProbeColumn[] = [];

function add(
  kind: Kind,
  name: string,
  definition: {
    readonly sql: string;
    readonly type: ColumnType;
    readonly literals: values.Literals;
  },
): void {
  const { sql, type, literals } = definition;
  const nullable = !/not null/i.test(sql);
  columns.push({ kind, column: { name, type, nullable }, sql, literals });
}

const integer = (bytes: 1 | 2 | 3 | 4 | 8, unsigned: boolean): ColumnType => ({
  kind: "integer",
  bytes,
  unsigned,
});

function addInteger(name: string, sql: string, bytes: 1 | 2 | 3 | 4 | 8): void {
  const unsigned = sql.includes("unsigned");
  const bits = BigInt(8 * bytes);
  const [least, most] = unsigned
    ? [0n, (1n << bits) - 1n]
    : [-(1n << (bits - 1n)), (1n << (bits - 1n)) - 1n];
  add("int", name, { sql, type: integer(bytes, unsigned), literals: values.integers(least, most) });
}

addInteger("ti", "tinyint", 1);
addInteger("tu", "tinyint unsigned", 1);
addInteger("si", "smallint", 2);
addInteger("mi", "mediumint", 3);
addInteger("i", "int", 4);
addInteger("i_nn", "int not null", 4);
addInteger("iu", "int unsigned", 4);
addInteger("bi", "bigint", 8);
addInteger("bu", "bigint unsigned", 8);
addInteger("bi_nn", "bigint not null", 8);

function addDecimal(name: string, precision: number, scale: number, rest = ""): void {
  const type: ColumnType = { kind: "decimal", precision, scale };
  const literals = values.decimals(precision - scale, scale);
  add("dec", name, { sql: `decimal(${precision},${scale})${rest}`, type, literals });
}

addDecimal("d2", 10, 2);
addDecimal("d0", 20, 0);
addDecimal("d5", 5, 5);
addDecimal("d65", 65, 30);
addDecimal("d3_nn", 8, 3, " not null");
addDecimal("d6", 18, 6);

add("dbl", "f", { sql: "float", type: { kind: "float" }, literals: values.floats });
add("dbl", "db", { sql: "double", type: { kind: "double" }, literals: values.doubles });
add("dbl", "db_nn", { sql: "double not null", type: { kind: "double" }, literals: values.doubles });
add("int", "b1", {
  sql: "bit(1)",
  type: { kind: "bit", bits: 1 },
  literals: values.integers(0n, 1n),
});
add("int", "b12", {
  sql: "bit(12)",
  type: { kind: "bit", bits: 12 },
  literals: values.integers(0n, 4095n),
});
add("int", "b64", {
  sql: "bit(64)",
  type: { kind: "bit", bits: 64 },
  literals: values.integers(0n, (1n << 64n) - 1n),
});
add("int", "y", {
  sql: "year",
  type: { kind: "year" },
  literals: (random) => random.pick(["0", "1901", "2155", "1970", "1999", "2000", "2024", "2069"]),
});

const quoted =
  (text: (random: Random) => string): values.Literals =>
  (random) =>
    values.quote(text(random));

const date = quoted((random) => values.dateText(random, true));
add("date", "da", { sql: "date", type: { kind: "date" }, literals: date });
add("date", "da_nn", { sql: "date not null", type: { kind: "date" }, literals: date });

function addTime(name: string, fraction: number): void {
  const literals = quoted((random) => values.timeText(random, fraction));
  add("time", name, { sql: `time(${fraction})`, type: { kind: "time", fraction }, literals });
}
addTime("t", 0);
addTime("t3", 3);
addTime("t6", 6);

function addDatetime(name: string, fraction: number, rest = ""): void {
  const literals = quoted((random) => {
    const day = values.dateText(random, true);
    return `${day} ${day.includes("-00") ? "00:00:00" : values.clockText(random, fraction)}`;
  });
  const sql = `datetime(${fraction})${rest}`;
  add("datetime", name, { sql, type: { kind: "datetime", fraction }, literals });
}
addDatetime("dt", 0);
addDatetime("dt6", 6);
addDatetime("dt2_nn", 2, " not null");

add("datetime", "ts", {
  sql: "timestamp(3) null",
  type: { kind: "timestamp", fraction: 3 },
  literals: quoted((random) =>
    random.chance(0.1)
      ? random.pick(["0000-00-00", "1970-01-01 00:00:01", "2038-01-19 03:14:07.999"])
      : `${1971 + random.below(66)}-0${1 + random.below(9)}-${10 + random.below(18)} ${values.clockText(random, 3)}`,
  ),
});

function addText(name: string, collation: string, sql = "varchar(40)", rest = ""): void {
  const charset = collation.replace(/_.*/, "");
  const repertoire = charset === "utf8mb4" ? "any" : charset === "latin1" ? "latin1" : "ascii";
  const length = Number(/\d+/.exec(sql)?.[0] ?? 60);
  const large = sql.endsWith("text");
  const perCharacter = charset === "utf8mb4" ? 4 : 1;
  add("text", name, {
    sql: `${sql} character set ${charset} collate ${collation}${rest}`,
    type: {
      kind: "text",
      charset,
      collation,
      maxBytes: large ? 65535 : length * perCharacter,
      large,
    },
    literals: values.texts(length, repertoire),
  });
}
addText("v", "utf8mb4_0900_ai_ci");
addText("v2", "utf8mb4_0900_ai_ci");
addText("v_nn", "utf8mb4_0900_ai_ci", "varchar(40)", " not null");
addText("c", "utf8mb4_0900_ai_ci", "char(10)");
addText("tx", "utf8mb4_0900_ai_ci", "text");
addText("vg", "utf8mb4_general_ci");
addText("vu", "utf8mb4_unicode_ci");
addText("vb", "utf8mb4_bin");
addText("vs", "utf8mb4_0900_as_cs");
addText("v9", "utf8mb4_0900_bin");
addText("vl", "latin1_swedish_ci");
addText("va", "ascii_general_ci");
addText("cg", "utf8mb4_general_ci", "char(8)");

function addBinary(name: string, sql: string, length: number): void {
  const fixed = sql.startsWith("binary");
  add("bin", name, {
    sql,
    type: {
      kind: "binary",
      maxBytes: sql === "blob" ? 65535 : length,
      large: sql === "blob",
      ...(fixed && { fixedLength: length }),
    },
    literals: values.binaries(length),
  });
}
addBinary("bn", "binary(4)", 4);
addBinary("vbn", "varbinary(20)", 20);
addBinary("bl", "blob", 30);

const MEMBERS = ["new", "paid", "a", "Été", "1", "x y"];
const COLLATION = "utf8mb4_0900_ai_ci";
add("label", "e", {
  sql: `enum(${MEMBERS.map(values.quote).join(",")}) collate ${COLLATION}`,
  type: { kind: "enum", members: MEMBERS, collation: COLLATION },
  literals: (random) => (random.chance(0.05) ? "0" : String(1 + random.below(MEMBERS.length))),
});
add("label", "s", {
  sql: `set(${MEMBERS.map(values.quote).join(",")}) collate ${COLLATION}`,
  type: { kind: "set", members: MEMBERS, collation: COLLATION },
  literals: (random) => String(random.below(1 << MEMBERS.length)),
});
add("json", "j", { sql: "json", type: { kind: "json", text: false }, literals: values.jsons });
add("json", "j2", { sql: "json", type: { kind: "json", text: false }, literals: values.jsons });

/** The columns, `id` aside: every type, nullable and not, several collations. */
export const PROBE_COLUMNS: readonly ProbeColumn[] = columns;

/** Statements that make table `probe` with so many rows of edge values. */
export function probeTableSql(random: Random, rows: number): readonly string[] {
  const definitions = PROBE_COLUMNS.map(({ column, sql }) => `${column.name} ${sql}`);
  const tuples = Array.from({ length: rows }, (_, row) => {
    const literals = PROBE_COLUMNS.map(({ column, literals: literal }) =>
      column.nullable && random.chance(0.12) ? "NULL" : literal(random),
    );
    return `(${[row + 1, ...literals].join(", ")})`;
  });
  return [
    // zero dates, and the invalid ENUM value
    "SET SESSION sql_mode = ''",
    `CREATE TABLE probe (id INT PRIMARY KEY, ${definitions.join(", ")}) DEFAULT CHARACTER SET utf8mb4`,
    ...tuples.map((tuple) => `INSERT IGNORE INTO probe VALUES ${tuple}`),
    "SET SESSION sql_mode = DEFAULT",
  ];
}
