import type { Clock } from "../core/clock.ts";
import { TailraceError } from "../core/errors.ts";
import { isRetriableRefusal } from "./translate-error.ts";

const FIRST_WAIT_MS = 2;
const MAX_WAIT_MS = 250;
/** A broker may not have heard of a new topic yet; for longer than this it is missing. */
const TOPIC_LIMIT_MS = 5000;

/** How long something is tried again. */
export interface RetryLimits {
  readonly clock: Clock;
  /** From the beginning, or from the last progress. */
  readonly limitMs: number;
  /** Nothing is tried again once it aborts. */
  readonly signal: AbortSignal;
}

/** Short waits that grow, up to a limit. */
export class RetryWaits {
  readonly #limits: RetryLimits;
  #waitMs = FIRST_WAIT_MS;
  #sinceMs: number;

  constructor(limits: RetryLimits) {
    this.#limits = limits;
    this.#sinceMs = limits.clock.now();
  }

  /** Waits a little, or throws the error when it is no use or too late. */
  async after(error: unknown): Promise<void> {
    const { clock, signal } = this.#limits;
    const passedMs = clock.now() - this.#sinceMs;
    if (signal.aborted || !mayPass(error) || passedMs >= this.#limitFor(error)) throw error;
    await clock.sleep(this.#waitMs, signal);
    this.#waitMs = Math.min(MAX_WAIT_MS, this.#waitMs * 2);
  }

  /** There was progress: the next wait is short again. */
  reset(): void {
    this.#waitMs = FIRST_WAIT_MS;
    this.#sinceMs = this.#limits.clock.now();
  }

  #limitFor(error: unknown): number {
    const isMissing = error instanceof TailraceError && error.code === "KAFKA_TOPIC_MISSING";
    return isMissing ? Math.min(TOPIC_LIMIT_MS, this.#limits.limitMs) : this.#limits.limitMs;
  }
}

/** Whether the same request may succeed later: the connection was lost, or Kafka says so. */
export function mayPass(error: unknown): boolean {
  const isLost = error instanceof TailraceError && error.code === "KAFKA_UNREACHABLE";
  return isLost || isRetriableRefusal(error);
}

/** Repeats a step until it succeeds, fails for good or the limits are reached. Rejects with its last error. */
export async function retrying<T>(step: () => Promise<T>, limits: RetryLimits): Promise<T> {
  const waits = new RetryWaits(limits);
  for (;;) {
    try {
      return await step();
    } catch (error) {
      await waits.after(error);
    }
  }
}
