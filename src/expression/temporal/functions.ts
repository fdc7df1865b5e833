import type { FunctionTable } from "../functions.ts";
import { ARITHMETIC_FUNCTIONS } from "./arithmetic.ts";
import { FORMAT_FUNCTIONS } from "./date-format.ts";
import { DIFFERENCE_FUNCTIONS } from "./difference.ts";
import { EPOCH_FUNCTIONS } from "./epoch.ts";
import { MAKING_FUNCTIONS } from "./making.ts";
import { PARSE_FUNCTIONS } from "./str-to-date.ts";
import { PART_FUNCTIONS } from "./parts.ts";

/** date and time functions. */
export const TEMPORAL_FUNCTIONS: FunctionTable = {
  ...PART_FUNCTIONS,
  ...MAKING_FUNCTIONS,
  ...ARITHMETIC_FUNCTIONS,
  ...DIFFERENCE_FUNCTIONS,
  ...FORMAT_FUNCTIONS,
  ...EPOCH_FUNCTIONS,
  ...PARSE_FUNCTIONS,
};
