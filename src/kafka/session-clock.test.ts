import { expect, test } from "vitest";
import type { Clock } from "../core/clock.ts";
import { SessionClock } from "./session-clock.ts";

/** A clock that jumps over every sleep, and ends the watch at a time. */
function createClock(endMs: number, ending: AbortController): Clock & { nowMs: number } {
  const clock = {
    nowMs: 0,
    now: () => clock.nowMs,
    random: () => 0,
    sleep: (ms: number): Promise<void> => {
      clock.nowMs += ms;
      if (clock.nowMs >= endMs) ending.abort();
      return Promise.resolve();
    },
  };
  return clock;
}

test("a session expires its time after the last answered request was sent, not after its answer", async () => {
  const ending = new AbortController();
  const clock = createClock(60_000, ending);
  const session = new SessionClock({ clock, sessionTimeoutMs: 10_000 });
  session.contacted(4_000);
  session.contacted(3_000);
  const expired: number[] = [];
  await session.watch({
    isMember: () => expired.length === 0,
    onExpired: () => expired.push(clock.nowMs),
    signal: ending.signal,
  });
  expect(expired).toEqual([14_000]);
});

test("who is no member has no session that could expire", async () => {
  const ending = new AbortController();
  const clock = createClock(100_000, ending);
  const session = new SessionClock({ clock, sessionTimeoutMs: 10_000 });
  let expired = 0;
  await session.watch({
    isMember: () => false,
    onExpired: () => (expired += 1),
    signal: ending.signal,
  });
  expect(expired).toBe(0);
});

test("a clock that is set back makes no session longer", async () => {
  const ending = new AbortController();
  const clock = createClock(Infinity, ending);
  let sleptMs = 0;
  const setBack: Clock = {
    ...clock,
    now: () => clock.nowMs,
    sleep: async (ms) => {
      if (sleptMs === 0) clock.nowMs -= 3_600_000;
      sleptMs += ms;
      await clock.sleep(ms);
    },
  };
  const session = new SessionClock({ clock: setBack, sessionTimeoutMs: 10_000 });
  await session.watch({
    isMember: () => true,
    onExpired: () => ending.abort(),
    signal: ending.signal,
  });
  expect(sleptMs).toBe(10_000);
});
