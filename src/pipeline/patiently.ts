import { Backoff } from "../core/backoff.ts";
import type { Clock } from "../core/clock.ts";
import { asTailraceError } from "../core/errors.ts";
import type { Logger } from "../core/logger.ts";

/** What repeating a step takes. */
export interface Patience {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Ends the patience: the step then rejects with its last failure. Without it there is no end. */
  readonly signal?: AbortSignal | undefined;
}

/** Repeats a step while its failure is one that passes, saying so in the log. `what` ends the sentence "trying again to …". */
export async function patiently<T>(
  what: string,
  step: () => Promise<T>,
  { clock, logger, signal }: Patience,
): Promise<T> {
  const backoff = new Backoff(clock);
  for (;;) {
    try {
      return await step();
    } catch (cause) {
      const error = asTailraceError(cause);
      if (error.disposition !== "retry" || signal?.aborted === true) throw error;
      const waitMs = backoff.next();
      logger[backoff.failures > 5 ? "error" : "warn"](
        { err: error, retryInMs: Math.round(waitMs) },
        `trying again to ${what}`,
      );
      await clock.sleep(waitMs, signal);
    }
  }
}
