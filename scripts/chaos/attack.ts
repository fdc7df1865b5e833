import { setTimeout as sleep } from "node:timers/promises";
import { createRandom } from "../support/random.ts";
import type { Counts } from "./counts.ts";
import { type FaultTargets, planFault } from "./faults.ts";
import type { Supervisor } from "./supervisor.ts";

/** What is attacked, and with what. */
export interface Attack {
  readonly seed: number;
  /** The attack is over after so many times `kill -9` of the pipeline. */
  readonly kills: number;
  readonly supervisor: Supervisor;
  readonly targets: Omit<FaultTargets, "sleep">;
  /** Counts every fault, kills included. */
  readonly faults: Counts;
  /** Ends the attack before its time. */
  readonly signal: AbortSignal;
}

/** How the kills of the pipeline are counted. */
export const KILL = "kill -9 tailrace";
const STOP = "SIGTERM tailrace";

/** How often the pipeline is asked to end instead of being killed. */
const STOP_CHANCE = 1 / 12;

/**
 * Does the plan of faults that the seed gives to a running pipeline and its servers, until enough kills are done; then everything works again. Throws when a
 * server does not come back, and what the supervisor throws.
 */
export async function attack(options: Attack): Promise<void> {
  const over = new AbortController();
  const signal = AbortSignal.any([options.signal, over.signal]);
  const endWith = async (work: Promise<void>): Promise<void> => {
    try {
      await work;
    } finally {
      over.abort();
    }
  };
  await Promise.all([
    endWith(killAgainAndAgain(options, signal)),
    endWith(breakThings(options, signal)),
  ]);
}

async function killAgainAndAgain(
  { seed, kills, supervisor, faults }: Attack,
  signal: AbortSignal,
): Promise<void> {
  const random = createRandom(seed, "kills");
  while (faults.get(KILL) < kills) {
    // Now before it is up, now in the middle of something, now when it has caught up.
    const [least, most] = random.pick([
      [50, 900],
      [800, 3_000],
      [1_500, 5_000],
      [4_000, 9_000],
    ] as const);
    await pause(random.integer(least, most), signal);
    if (signal.aborted) return;
    if (random.chance(STOP_CHANCE)) {
      await supervisor.stop();
      faults.add(STOP);
    } else {
      await supervisor.kill();
      faults.add(KILL);
    }
    await pause(random.integer(0, 600), signal);
    await supervisor.start();
  }
}

async function breakThings({ seed, targets, faults }: Attack, signal: AbortSignal): Promise<void> {
  const random = createRandom(seed, "faults");
  const sleepUnlessOver = (ms: number): Promise<void> => pause(ms, signal);
  for (;;) {
    const { afterMs, fault } = planFault(random);
    await pause(afterMs, signal);
    if (signal.aborted) return;
    if (await fault.run({ ...targets, sleep: sleepUnlessOver })) faults.add(fault.name);
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}
