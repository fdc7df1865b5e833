import type { FunctionTable } from "../functions.ts";

/** arithmetic and numeric functions. */
export const NUMERIC_FUNCTIONS: FunctionTable = {};
