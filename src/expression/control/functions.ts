import type { FunctionTable } from "../functions.ts";

/** conditions: case, if, ifnull, coalesce, nullif, truth tests, comparison. */
export const CONTROL_FUNCTIONS: FunctionTable = {};
