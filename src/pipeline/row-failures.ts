import type { DeadLetter, DeadLetterStore } from "../core/dead-letter.ts";
import { ERROR_TABLE } from "../core/error-codes.ts";
import { TailraceError } from "../core/errors.ts";
import { rowFailureCode } from "../rules/row-failure.ts";
import { type Patience, patiently } from "./patiently.ts";

/** Failed rows of a rule are told in the log this often at most, ms. */
const LOG_INTERVAL_MS = 10_000;

/** A row of which a rule makes no document. */
export interface FailedRow {
  readonly rule: string;
  readonly database: string;
  readonly table: string;
  /** As far as it is known. */
  readonly id: string | null;
  readonly error: unknown;
  readonly versionHigh: number;
  readonly versionLow: number;
}

/** What dealing with failed rows takes. */
export interface RowFailureHandling extends Patience {
  readonly pipeline: string;
  readonly deadLetters: DeadLetterStore;
  /** Where the row was read: members of its dead letter. */
  readonly placeOf: (row: FailedRow) => Partial<DeadLetter>;
  /** `stop`: the letter is stored, and the run ends. */
  readonly onReject: "dead_letter" | "stop";
}

/** Deals with failed rows: each becomes a dead letter, durable when the promise resolves; the log tells of the first of a rule, and then how many there were. */
export function createRowFailureHandler(
  handling: RowFailureHandling,
): (row: FailedRow) => Promise<void> {
  const { pipeline, deadLetters, placeOf, clock, logger, onReject } = handling;
  const told = new Map<string, { atMs: number; untold: number }>();
  return async (row) => {
    const { rule, database, table, id, error } = row;
    const code = rowFailureCode(error);
    const at = new Date(clock.now()).toISOString();
    const letter: DeadLetter = {
      at,
      pipeline,
      kind: "row",
      code,
      error: describe(error),
      rule,
      database,
      table,
      ...(id !== null && { id }),
      version: String((BigInt(row.versionHigh >>> 0) << 32n) | BigInt(row.versionLow >>> 0)),
      ...placeOf(row),
    };
    await patiently("store a dead letter", () => deadLetters.store([letter]), handling);
    const message = error instanceof Error ? error.message : String(error);
    if (onReject === "stop")
      throw new TailraceError(code, `rule ${rule}, a row of ${database}.${table}: ${message}`);
    const last = told.get(rule) ?? { atMs: -Infinity, untold: 0 };
    told.set(rule, last);
    last.untold += 1;
    if (clock.now() - last.atMs < LOG_INTERVAL_MS) return;
    const { remedy } = ERROR_TABLE[code];
    logger.warn(
      { rule, database, table, id, code, count: last.untold, remedy },
      `no document of a row: ${message}`,
    );
    last.atMs = clock.now();
    last.untold = 0;
  };
}

/** Causes of causes are told so far down; a script's error may be its own. */
const MAX_CAUSES = 5;

/** The error with its stack, and what it was caused by: a script's own error, whose members may be anything. */
function describe(error: unknown, causes = 0): unknown {
  try {
    if (!(error instanceof Error)) return { message: String(error) };
    const { name, message, stack, cause } = error as Readonly<Record<keyof Error, unknown>>;
    const isTold = cause !== undefined && causes < MAX_CAUSES;
    return {
      type: String(name),
      message: String(message),
      stack: String(stack),
      ...(isTold && { cause: describe(cause, causes + 1) }),
    };
  } catch {
    return { message: "an error that cannot be told" };
  }
}
