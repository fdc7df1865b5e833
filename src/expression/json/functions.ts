import type { FunctionTable } from "../functions.ts";

/** JSON functions. */
export const JSON_FUNCTIONS: FunctionTable = {};
