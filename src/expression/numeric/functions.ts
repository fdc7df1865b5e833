import type { FunctionTable } from "../functions.ts";
import { arithmetic } from "./arithmetic.ts";
import { BIT_COUNT, BIT_NOT, bitwise, shift } from "./bits.ts";
import { DIVIDE, INTEGER_DIVIDE, MODULO } from "./division.ts";
import { FORMAT } from "./format-number.ts";
import { CONV, inBase } from "./radix.ts";
import { SQRT, times } from "./real.ts";
import { rounding, wholePart } from "./rounding.ts";
import { ABS, NEGATE, PLUS, SIGN } from "./sign.ts";

/** Arithmetic and numeric functions. */
export const NUMERIC_FUNCTIONS: FunctionTable = {
  "+": arithmetic("+"),
  "-": arithmetic("-"),
  "*": arithmetic("*"),
  "/": DIVIDE,
  "%": MODULO,
  mod: MODULO,
  div: INTEGER_DIVIDE,
  neg: NEGATE,
  plus: PLUS,
  abs: ABS,
  sign: SIGN,
  ceiling: wholePart(1),
  ceil: wholePart(1),
  floor: wholePart(-1),
  round: rounding(false),
  truncate: rounding(true),
  "&": bitwise("&"),
  "|": bitwise("|"),
  "^": bitwise("^"),
  "<<": shift("<<"),
  ">>": shift(">>"),
  "~": BIT_NOT,
  bit_count: BIT_COUNT,
  conv: CONV,
  bin: inBase(2),
  oct: inBase(8),
  format: FORMAT,
  sqrt: SQRT,
  degrees: times(180 / Math.PI),
  radians: times(Math.PI / 180),
};
