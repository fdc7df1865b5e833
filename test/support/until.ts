import { inspect } from "node:util";

/** How long {@link until} waits. */
export interface UntilOptions {
  /** Default 30,000. */
  readonly timeoutMs?: number;
  /** Pause between two tries, default 20 ms. */
  readonly intervalMs?: number;
}

/**
 * Repeats `condition` until it gives something truthy, and returns that. An error that it throws counts as "not yet". At the deadline it
 * throws with `what` was awaited and what the last try gave.
 */
export async function until<T>(
  what: string,
  condition: () => T | Promise<T>,
  options: UntilOptions = {},
): Promise<T> {
  const timeoutMs = options.timeoutMs ?? 30_000;
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    let last: string;
    let cause: unknown;
    try {
      const value = await condition();
      if (value) return value;
      last = `last value: ${inspect(value, { breakLength: Infinity })}`;
    } catch (error) {
      last = `last error: ${error instanceof Error ? error.message : String(error)}`;
      cause = error;
    }
    if (performance.now() >= deadline) {
      throw new Error(`Not within ${timeoutMs} ms: ${what} (${last})`, { cause });
    }
    await new Promise((resolve) => setTimeout(resolve, options.intervalMs ?? 20));
  }
}
