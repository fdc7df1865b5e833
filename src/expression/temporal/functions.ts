import type { FunctionTable } from "../functions.ts";
import { ARITHMETIC_FUNCTIONS } from "./arithmetic.ts";
import { PART_FUNCTIONS } from "./parts.ts";

/** date and time functions. */
export const TEMPORAL_FUNCTIONS: FunctionTable = { ...PART_FUNCTIONS, ...ARITHMETIC_FUNCTIONS };
