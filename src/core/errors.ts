import { type Disposition, ERROR_TABLE, type ErrorCode } from "./error-codes.ts";

/**
 * The one error class. The message says what failed and on what (identifiers, never row values or secrets); summary and remedy come
 * from the table. A foreign error is translated into it once, in the module that owns the client, and kept as `cause`.
 */
export class TailraceError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "TailraceError";
    this.code = code;
  }

  /** What to do with it. */
  get disposition(): Disposition {
    return ERROR_TABLE[this.code].disposition;
  }

  /** What the operator does about it, one line. */
  get remedy(): string {
    return ERROR_TABLE[this.code].remedy;
  }
}

/** The error as a TailraceError: itself, or wrapped as INVARIANT_BROKEN when it is none of ours. */
export function asTailraceError(error: unknown): TailraceError {
  if (error instanceof TailraceError) return error;
  const text = error instanceof Error ? error.message : String(error);
  return new TailraceError("INVARIANT_BROKEN", text, { cause: error });
}
