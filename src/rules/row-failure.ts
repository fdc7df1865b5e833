import { TailraceError } from "../core/errors.ts";
import type { ErrorCode } from "../core/error-codes.ts";
import { RowError } from "../expression/typed.ts";

/** Is it a failure of one row, behind which the stream goes on? What is not is one of tailrace's. */
export function isRowError(error: unknown): boolean {
  if (error instanceof TailraceError) return ROW_CODES.has(error.code);
  // a number or a text beyond what JavaScript can hold is beyond MySQL, too
  return error instanceof RowError || error instanceof RangeError;
}

const ROW_CODES: ReadonlySet<ErrorCode> = new Set([
  "RULE_ROW_FAILED",
  "RULE_PLACE_INVALID",
  "RULE_TRANSFORM_FAILED",
]);

/** The code of a row's failure. */
export function rowFailureCode(error: unknown): ErrorCode {
  return error instanceof TailraceError ? error.code : "RULE_ROW_FAILED";
}
