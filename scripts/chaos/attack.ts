import { setTimeout as sleep } from "node:timers/promises";
import type { Proxy } from "../../test/support/proxy.ts";
import { createRandom, type Random } from "../support/random.ts";
import type { Counts } from "./counts.ts";
import { type FaultTargets, planFault, type PlannedFault } from "./faults.ts";
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
/** How it is counted that the pipeline is asked to end. */
export const STOP = "SIGTERM tailrace";

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
  await together(options.signal, [
    (signal) => killAgainAndAgain(options, signal),
    (signal) => breakThings({ ...options, plan: planFault }, signal),
  ]);
}

/** Does all of the work at once; as soon as one is done or fails, the signal of the others aborts. */
export async function together(
  signal: AbortSignal,
  work: readonly ((signal: AbortSignal) => Promise<void>)[],
): Promise<void> {
  const over = new AbortController();
  const anySignal = AbortSignal.any([signal, over.signal]);
  await Promise.all(
    work.map(async (begin) => {
      try {
        await begin(anySignal);
      } finally {
        over.abort();
      }
    }),
  );
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
      const proxy = options.targets.proxies.elasticsearch;
      const stall = { isStall: random.chance(0.5), ms: random.integer(800, 3_000) };
      await killInFlight({ supervisor, proxy }, stall);
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
export async function killInFlight(
  { supervisor, proxy }: { readonly supervisor: Pick<Supervisor, "kill">; readonly proxy: Proxy },
  { isStall, ms }: { readonly isStall: boolean; readonly ms: number },
): Promise<void> {
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

/** What {@link breakThings} does, and to what. */
export interface Breaking {
  readonly seed: number;
  readonly targets: Omit<FaultTargets, "sleep">;
  readonly plan: (random: Random) => PlannedFault;
  readonly faults: Counts;
}

/** Does one fault of the plan after another until the signal aborts; each is over then. */
export async function breakThings(
  { seed, targets, plan, faults }: Breaking,
  signal: AbortSignal,
): Promise<void> {
  const random = createRandom(seed, "faults");
  const sleepUnlessOver = (ms: number): Promise<void> => pause(ms, signal);
  for (;;) {
    const { afterMs, fault } = plan(random);
    await pause(afterMs, signal);
    if (signal.aborted) return;
    if (await fault.run({ ...targets, sleep: sleepUnlessOver })) faults.add(fault.name);
  }
}

/** Waits; shorter when the signal aborts. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}
