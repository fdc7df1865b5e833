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

/** How those of them are counted that had much in flight. */
export const KILL_IN_FLIGHT = "… of which while Elasticsearch did not answer";

/** How often the pipeline is asked to end instead of being killed. */
const STOP_CHANCE = 1 / 12;
/** How often it is killed with much in flight: what it has promised too early is lost then. */
const IN_FLIGHT_CHANCE = 1 / 3;

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

async function killAgainAndAgain(options: Attack, signal: AbortSignal): Promise<void> {
  const { seed, kills, supervisor, faults } = options;
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
    } else if (random.chance(IN_FLIGHT_CHANCE)) {
      await killInFlight(options, { isStall: random.chance(0.5), ms: random.integer(800, 3_000) });
      faults.add(KILL);
      faults.add(KILL_IN_FLIGHT);
    } else {
      await supervisor.kill();
      faults.add(KILL);
    }
    await pause(random.integer(0, 600), signal);
    await supervisor.start();
  }
}

/** Keeps Elasticsearch from answering, or from being reached, kills the pipeline, and drops what was on its way. */
async function killInFlight(
  { supervisor, targets }: Attack,
  { isStall, ms }: { readonly isStall: boolean; readonly ms: number },
): Promise<void> {
  const proxy = targets.proxies.elasticsearch;
  if (isStall) proxy.stall();
  else {
    await proxy.refuse();
    proxy.cut();
  }
  await sleep(ms);
  await supervisor.kill();
  proxy.cut();
  proxy.resume();
  await proxy.accept();
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
