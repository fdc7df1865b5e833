import type { FunctionTable } from "../functions.ts";
import { COALESCE, IF, NULLIF } from "./case.ts";
import { BINARY } from "./cast.ts";
import { BETWEEN, comparison, NULL_SAFE_EQUAL } from "./comparison.ts";
import { extreme } from "./extremes.ts";
import { AND, IS_NULL, IS_UNKNOWN, isTruth, NOT, OR, XOR } from "./logic.ts";
import { IN } from "./membership.ts";

/** Conditions: comparison, truth tests, CASE and its kin. */
export const CONTROL_FUNCTIONS: FunctionTable = {
  "=": comparison("==="),
  "<>": comparison("!=="),
  "<": comparison("<"),
  "<=": comparison("<="),
  ">": comparison(">"),
  ">=": comparison(">="),
  "<=>": NULL_SAFE_EQUAL,
  between: BETWEEN,
  in: IN,
  and: AND,
  or: OR,
  xor: XOR,
  not: NOT,
  if: IF,
  ifnull: { ...COALESCE, arity: [2, 2] },
  coalesce: COALESCE,
  nullif: NULLIF,
  greatest: extreme("greatest"),
  least: extreme("least"),
  binary: BINARY,
  "is true": isTruth(1),
  "is false": isTruth(0),
  "is unknown": IS_UNKNOWN,
  "is null": IS_NULL,
  isnull: IS_NULL,
};
