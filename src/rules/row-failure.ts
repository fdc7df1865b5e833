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

/** What the source does not tell of a row. */
class UntoldError extends RowError {
  constructor() {
    super(0, "The source does not tell all columns of the row that the rule needs.");
  }
}

/** Throws the failure of a row of which a column is not told. */
export function untold(): never {
  throw new UntoldError();
}

/** Is it the failure of {@link untold}? */
export function isUntold(error: unknown): boolean {
  return error instanceof UntoldError;
}

/** The code of a row's failure. */
export function rowFailureCode(error: unknown): ErrorCode {
  return error instanceof TailraceError ? error.code : "RULE_ROW_FAILED";
}
