import type { FunctionTable } from "../functions.ts";

/** what Elasticsearch needs and SQL lacks. */
export const HELPER_FUNCTIONS: FunctionTable = {};
