import type { Clock } from "../core/clock.ts";

/** What a session is watched for. */
export interface SessionWatch {
  readonly isMember: () => boolean;
  /** No request has been answered for the session's time: the group may have given our partitions to others. */
  readonly onExpired: () => void;
  readonly signal: AbortSignal;
}

/**
 * A member's session by its own clock. It ends no later than by the group's: what counts is when an answered request was sent. A clock that is set back does not make it
 * longer: timers do not go by it, so a sleep tells.
 */
export class SessionClock {
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  #lastContactMs: number;

  constructor({ clock, sessionTimeoutMs }: { clock: Clock; sessionTimeoutMs: number }) {
    this.#clock = clock;
    this.#timeoutMs = sessionTimeoutMs;
    this.#lastContactMs = clock.now();
  }

  /** A request that was sent at this time was answered as to a member. */
  contacted(sentMs: number): void {
    this.#lastContactMs = Math.max(this.#lastContactMs, sentMs);
  }

  /** Resolves when the signal aborts. */
  async watch({ isMember, onExpired, signal }: SessionWatch): Promise<void> {
    while (!signal.aborted) {
      const leftMs = this.#lastContactMs + this.#timeoutMs - this.#clock.now();
      // Who becomes a member has just been in contact, so looking now and then is enough.
      if (!isMember()) await this.#clock.sleep(this.#timeoutMs / 4, signal);
      else if (leftMs > 0) await this.#sleep(leftMs, signal);
      else onExpired();
    }
  }

  async #sleep(ms: number, signal: AbortSignal): Promise<void> {
    const dueMs = this.#clock.now() + ms;
    await this.#clock.sleep(ms, signal);
    if (!signal.aborted) this.#lastContactMs -= Math.max(0, dueMs - this.#clock.now());
  }
}
