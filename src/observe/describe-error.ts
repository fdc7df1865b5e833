import { TailraceError } from "../core/errors.ts";

/** An error as plain fields for a log line or for `--json`; `remedy` only for errors of ours, `stack` only where it helps a developer. */
export interface ErrorDescription {
  readonly code?: string;
  readonly message: string;
  readonly remedy?: string;
  readonly stack?: string;
  readonly cause?: ErrorDescription;
}

/** Causes deeper than this are left out: a chain may be a ring. */
const MAX_DEPTH = 8;

/** Describes an error and its chain of causes. */
export function describeError(error: unknown): ErrorDescription {
  return describe(error, 0, false);
}

/** The error's messages on one line: `CODE: message (cause; its cause)`. */
export function summariseError(error: unknown): string {
  const { code, message, cause } = describeError(error);
  const causes: string[] = [];
  for (let next = cause; next !== undefined; next = next.cause) {
    // A translated error often quotes its cause already.
    if (![message, ...causes].some((text) => text.includes(next.message)))
      causes.push(next.message);
  }
  const text = code === undefined ? message : `${code}: ${message}`;
  return causes.length === 0 ? text : `${text} (${causes.join("; ")})`;
}

function describe(error: unknown, depth: number, withStack: boolean): ErrorDescription {
  if (!(error instanceof Error)) return { message: String(error) };
  const isOurs = error instanceof TailraceError;
  const isBug = isOurs ? error.code === "INVARIANT_BROKEN" : withStack || depth === 0;
  const code = "code" in error && typeof error.code === "string" ? error.code : undefined;
  const [first] = error instanceof AggregateError ? (error.errors as readonly unknown[]) : [];
  const cause = error.cause ?? first;
  return {
    ...(code === undefined ? {} : { code }),
    message: error.message || error.name,
    ...(isOurs ? { remedy: error.remedy } : {}),
    ...(isBug && error.stack !== undefined ? { stack: error.stack } : {}),
    ...(cause === undefined || depth >= MAX_DEPTH
      ? {}
      : { cause: describe(cause, depth + 1, isBug) }),
  };
}
