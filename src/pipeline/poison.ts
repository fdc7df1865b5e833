import type { PoisonEvent } from "../core/change-event.ts";
import type { DeadLetterStore } from "../core/dead-letter.ts";
import { ERROR_TABLE } from "../core/errors.ts";
import { type Patience, patiently } from "./patiently.ts";

/** Poison records are told in the log this often at most, ms. */
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
  const { pipeline, deadLetters, clock, logger } = handling;
  const code = "KAFKA_RECORD_UNREADABLE";
  let count = 0;
  let loggedAt = -LOG_INTERVAL_MS;
  return async ({ record, detail, key, value }) => {
    const { topic, partition, offset } = record;
    const at = new Date(clock.now()).toISOString();
    const place = { topic, partition, offset };
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
    if (clock.now() - loggedAt < LOG_INTERVAL_MS) return;
    loggedAt = clock.now();
    const { summary, remedy } = ERROR_TABLE[code];
    logger.error(
      { code, ...place, records: count, remedy },
      `${summary.replace(/\.$/, "")} (${detail})`,
    );
    count = 0;
  };
}
