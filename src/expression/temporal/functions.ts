import type { FunctionTable } from "../functions.ts";

/** date and time functions. */
export const TEMPORAL_FUNCTIONS: FunctionTable = {};
