import type { FunctionTable } from "../functions.ts";
import { ADDRESS_FUNCTIONS } from "./addresses.ts";
import { CHARACTER_FUNCTIONS } from "./characters.ts";
import { CHOICE_FUNCTIONS } from "./choices.ts";
import { CONCAT_FUNCTIONS } from "./concat.ts";
import { DIGEST_FUNCTIONS } from "./digests.ts";
import { CASE_FUNCTIONS } from "./letter-case.ts";
import { LIKE_FUNCTIONS } from "./like.ts";
import { PART_FUNCTIONS } from "./parts.ts";
import { REGEXP_FUNCTIONS } from "./regexp.ts";
import { SEARCH_FUNCTIONS } from "./search.ts";

/** string functions and pattern matching. */
export const TEXT_FUNCTIONS: FunctionTable = {
  ...ADDRESS_FUNCTIONS,
  ...CASE_FUNCTIONS,
  ...CHARACTER_FUNCTIONS,
  ...CHOICE_FUNCTIONS,
  ...CONCAT_FUNCTIONS,
  ...DIGEST_FUNCTIONS,
  ...LIKE_FUNCTIONS,
  ...PART_FUNCTIONS,
  ...REGEXP_FUNCTIONS,
  ...SEARCH_FUNCTIONS,
};
