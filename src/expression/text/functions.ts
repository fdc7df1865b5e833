import type { FunctionTable } from "../functions.ts";

/** string functions and pattern matching. */
export const TEXT_FUNCTIONS: FunctionTable = {};
