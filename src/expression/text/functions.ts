import type { FunctionTable } from "../functions.ts";
import { CONCAT_FUNCTIONS } from "./concat.ts";
import { CASE_FUNCTIONS } from "./letter-case.ts";

/** string functions and pattern matching. */
export const TEXT_FUNCTIONS: FunctionTable = { ...CASE_FUNCTIONS, ...CONCAT_FUNCTIONS };
