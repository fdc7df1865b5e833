import type { LogPlace } from "../../core/checkpoint.ts";
import type { Clock } from "../../core/clock.ts";
import type { AppliedPlace } from "../../core/load.ts";
import type { Logger } from "../../core/logger.ts";
import { isWithin } from "../../core/version.ts";

/** What waiting for the stream takes. */
export interface SettlingOptions {
  /** Null: nothing streams, and nothing is waited for. */
  readonly applied: AppliedPlace | null;
  /** How long a place is waited for, ms. */
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly logger: Pick<Logger, "info">;
  readonly signal: AbortSignal;
}

/** How often it is looked, ms. */
const MIN_POLL_MS = 20;
const MAX_POLL_MS = 400;
/** Waiting longer than this is told, ms. */
const TELL_MS = 3_000;

/** Waits for the stream to pass places of the source's log. */
export class Settling {
  readonly #options: SettlingOptions;
  /** Where the stream stood when it was waited for in vain; null = it moves. */
  #stuckAt: LogPlace | null = null;

  constructor(options: SettlingOptions) {
    this.#options = options;
  }

  /** Where the stream stands when it was waited for in vain the last time; null = it keeps up. */
  get stuckAt(): LogPlace | null {
    return this.#stuckAt;
  }

  /** Resolves with whether everything up to the place is applied. As long as a stream that was waited for in vain stands where it stood, it is not waited for again. Throws what reading its place throws. */
  async wait(place: LogPlace): Promise<boolean> {
    const { applied, timeoutMs, clock, logger, signal } = this.#options;
    if (applied === null) return true;
    const start = clock.now();
    let isTold = false;
    for (let delayMs = MIN_POLL_MS; ; delayMs = Math.min(2 * delayMs, MAX_POLL_MS)) {
      const reached = await applied.read();
      if (reached !== null && isWithin(place, reached)) {
        this.#stuckAt = null;
        return true;
      }
      if (this.#stuckAt !== null && isSamePlace(reached ?? NOWHERE, this.#stuckAt)) return false;
      if (clock.now() >= start + timeoutMs || signal.aborted) {
        this.#stuckAt = reached ?? NOWHERE;
        return false;
      }
      if (!isTold && clock.now() >= start + TELL_MS) {
        isTold = true;
        logger.info(
          { place: nameOf(place), pipeline_at: nameOf(reached) },
          "waiting for the pipeline to pass what the source has logged; does it run?",
        );
      }
      await clock.sleep(delayMs, signal);
    }
  }
}

/** Stands for a place that is not known. */
const NOWHERE: LogPlace = { file: "", position: 0 };

function nameOf(place: LogPlace | null): string {
  return place === null ? "unknown" : `${place.file}:${place.position}`;
}

function isSamePlace(a: LogPlace, b: LogPlace): boolean {
  return a.file === b.file && a.position === b.position;
}
