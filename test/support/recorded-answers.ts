import type { Column } from "../../src/core/schema.ts";
import type { Moment } from "../../src/core/sql-value.ts";
import { parseExpression } from "../../src/query/expression.ts";
import { compileTextEvaluator, type RowValues } from "../../src/expression/evaluate.ts";
import { createMoment } from "../../src/expression/temporal/moment.ts";
import { RowError } from "../../src/expression/typed.ts";

/**
 * The row on which tests of numbers, comparison and casts compare with what MySQL 9.7 answered to `SELECT expression FROM t`:
 *
 *     CREATE TABLE t (i int, u int unsigned, b bigint, ub bigint unsigned, d decimal(10,2), g double, f float, s varchar(40), n int, dt date,
 *       dtm datetime(3), tm time(2), y year, bt bit(10), e enum('b','a','10'));
 *     INSERT INTO t VALUES (7, 3, 9007199254740993, 18446744073709551615, 12.34, 2.5, 1.1, '12abc', NULL, '2024-02-29',
 *       '2024-02-29 10:11:12.345', '-10:11:12.34', 2024, 5, 'b');
 */
const COLUMNS: readonly Column[] = [
  { name: "i", type: { kind: "integer", bytes: 4, unsigned: false }, nullable: true },
  { name: "u", type: { kind: "integer", bytes: 4, unsigned: true }, nullable: true },
  { name: "b", type: { kind: "integer", bytes: 8, unsigned: false }, nullable: true },
  { name: "ub", type: { kind: "integer", bytes: 8, unsigned: true }, nullable: true },
  { name: "d", type: { kind: "decimal", precision: 10, scale: 2 }, nullable: true },
  { name: "g", type: { kind: "double" }, nullable: true },
  { name: "f", type: { kind: "float" }, nullable: true },
  {
    name: "s",
    type: {
      kind: "text",
      charset: "utf8mb4",
      collation: "utf8mb4_0900_ai_ci",
      maxBytes: 160,
      large: false,
    },
    nullable: true,
  },
  { name: "n", type: { kind: "integer", bytes: 4, unsigned: false }, nullable: true },
  { name: "dt", type: { kind: "date" }, nullable: true },
  { name: "dtm", type: { kind: "datetime", fraction: 3 }, nullable: true },
  { name: "tm", type: { kind: "time", fraction: 2 }, nullable: true },
  { name: "y", type: { kind: "year" }, nullable: true },
  { name: "bt", type: { kind: "bit", bits: 10 }, nullable: true },
  {
    name: "e",
    type: { kind: "enum", members: ["b", "a", "10"], collation: "utf8mb4_0900_ai_ci" },
    nullable: true,
  },
];

const DAY: Partial<Moment> = { year: 2024, month: 2, day: 29 };
const CLOCK: Partial<Moment> = { hour: 10, minute: 11, second: 12 };

const ROW: RowValues = [
  7,
  3,
  9007199254740993n,
  18446744073709551615n,
  1234n,
  2.5,
  Math.fround(1.1),
  "12abc",
  null,
  createMoment(DAY),
  createMoment({ ...DAY, ...CLOCK, microsecond: 345_000 }),
  createMoment({ ...CLOCK, microsecond: 340_000, isNegative: true }),
  2024,
  5n,
  1,
];

/** What an expression gives for the row: its text, null, or the number of MySQL's error. Throws where it is refused. */
export function answer(sql: string): string | number | null {
  const evaluator = compileTextEvaluator([parseExpression(sql, "query")], COLUMNS);
  try {
    const [value] = evaluator.evaluate(ROW);
    return value instanceof Uint8Array ? Buffer.from(value).toString() : (value ?? null);
  } catch (error) {
    if (error instanceof RowError) return error.errno;
    throw error;
  }
}
