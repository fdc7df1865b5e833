import type { PoisonEvent } from "../../core/change-event.ts";
import type { DeadLetterStore } from "../../core/dead-letter.ts";
import { ERROR_TABLE } from "../../core/error-codes.ts";
import { type Patience, patiently } from "../patiently.ts";

/** Poison records are told in the log this often at most, ms; those in between with the next line, at the latest after that time. */
const LOG_INTERVAL_MS = 1_000;

/** What dealing with poison takes. */
export interface PoisonHandling extends Patience {
  readonly pipeline: string;
  readonly deadLetters: DeadLetterStore;
}

/** Deals with records that are no change: each becomes a dead letter, durable when the promise resolves; the log tells of them once a second, with their number. */
export function createPoisonHandler(
  handling: PoisonHandling,
): (poison: PoisonEvent) => Promise<void> {
  const { pipeline, deadLetters, clock, logger, signal } = handling;
  const code = "KAFKA_RECORD_UNREADABLE";
  let count = 0;
  let loggedAt = -Infinity;
  let last = { place: {}, detail: "" };
  const report = (): void => {
    if (count === 0) return;
    const { summary, remedy } = ERROR_TABLE[code];
    logger.error(
      { code, ...last.place, records: count, remedy },
      `${summary.replace(/\.$/, "")} (${last.detail})`,
    );
    loggedAt = clock.now();
    count = 0;
  };
  return async ({ record, detail, key, value }) => {
    const { topic, partition, offset } = record;
    const place = { topic, partition, offset };
    const at = new Date(clock.now()).toISOString();
    const letter = {
      at,
      pipeline,
      kind: "record",
      code,
      error: detail,
      ...place,
      key,
      value,
    } as const;
    await patiently("store a dead letter", () => deadLetters.store([letter]), handling);
    count += 1;
    last = { place, detail };
    const dueMs = loggedAt + LOG_INTERVAL_MS - clock.now();
    if (dueMs <= 0) report();
    else if (count === 1) void clock.sleep(dueMs, signal).then(report);
  };
}
