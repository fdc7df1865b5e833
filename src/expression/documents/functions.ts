import type { FunctionTable } from "../functions.ts";
import { DATE_HELPERS } from "./dates.ts";
import { STRUCTURE_HELPERS } from "./structures.ts";
import { TEXT_HELPERS } from "./texts.ts";

/** What Elasticsearch needs and SQL lacks. */
export const HELPER_FUNCTIONS: FunctionTable = {
  ...STRUCTURE_HELPERS,
  ...TEXT_HELPERS,
  ...DATE_HELPERS,
};
