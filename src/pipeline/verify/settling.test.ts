import { expect, test } from "vitest";
import type { LogPlace } from "../../core/checkpoint.ts";
import { Settling } from "./settling.ts";

const at = (position: number): LogPlace => ({ file: "binlog.000007", position });

/** A stream that moves as the clock does: it has applied `position(ms)` by then. */
function scene(position: (ms: number) => number | null) {
  let now = 0;
  const told: string[] = [];
  const settling = new Settling({
    applied: {
      read: () => {
        const reached = position(now);
        return Promise.resolve(reached === null ? null : at(reached));
      },
    },
    timeoutMs: 10_000,
    clock: {
      now: () => now,
      random: () => 0,
      sleep: (ms) => {
        now += ms;
        return Promise.resolve();
      },
    },
    logger: { info: (_fields, message) => told.push(message) },
    signal: new AbortController().signal,
  });
  return { settling, told, now: () => now };
}

test("a place is waited for until the stream has passed it, and a long wait is told", async () => {
  const { settling, told, now } = scene((ms) => (ms < 5_000 ? 100 : 300));
  expect(await settling.wait(at(100))).toBe(true);
  expect(now()).toBe(0);
  expect(await settling.wait(at(200))).toBe(true);
  expect(now()).toBeLessThan(5_500);
  expect(told).toHaveLength(1);
  expect(settling.stuckAt).toBeNull();
});

test("a stream that stands is waited for once, and again when it has moved", async () => {
  const { settling, now } = scene((ms) => (ms < 20_000 ? 100 : 200));
  expect(await settling.wait(at(200))).toBe(false);
  expect(settling.stuckAt).toEqual(at(100));
  const waited = now();
  expect(waited).toBeGreaterThanOrEqual(10_000);
  expect(await settling.wait(at(200))).toBe(false);
  expect(now()).toBe(waited);
  expect(await settling.wait(at(50))).toBe(true);
  expect(settling.stuckAt).toBeNull();
  expect(await settling.wait(at(200))).toBe(true);
  expect(now()).toBeGreaterThanOrEqual(20_000);
});

test("a place that nobody tells is not reached", async () => {
  const { settling } = scene(() => null);
  expect(await settling.wait(at(1))).toBe(false);
  expect(settling.stuckAt).not.toBeNull();
});
