import type { FunctionTable } from "../functions.ts";
import { MAKING_FUNCTIONS } from "./making.ts";
import { READING_FUNCTIONS } from "./reading.ts";

/** JSON functions. */
export const JSON_FUNCTIONS: FunctionTable = { ...READING_FUNCTIONS, ...MAKING_FUNCTIONS };
