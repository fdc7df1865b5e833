import type { FunctionTable } from "../functions.ts";
import { arithmetic } from "./arithmetic.ts";
import { DIVIDE, INTEGER_DIVIDE, MODULO } from "./division.ts";

/** Arithmetic and numeric functions. */
export const NUMERIC_FUNCTIONS: FunctionTable = {
  "+": arithmetic("+"),
  "-": arithmetic("-"),
  "*": arithmetic("*"),
  "/": DIVIDE,
  "%": MODULO,
  mod: MODULO,
  div: INTEGER_DIVIDE,
};
