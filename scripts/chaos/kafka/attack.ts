import type { StatusLine } from "../../../src/observe/status-line.ts";
import type { Proxy } from "../../../test/support/proxy.ts";
import { createRandom, type Random } from "../../support/random.ts";
import {
  breakThings,
  KILL,
  KILL_IN_FLIGHT,
  killInFlight,
  pause,
  STOP,
  together,
} from "../attack.ts";
import type { Counts } from "../counts.ts";
import { type FaultTargets, planFaultWithKafka } from "../faults.ts";
import type { Supervisor } from "../supervisor.ts";

/** A place for one process: a capture or a sync that comes and goes. */
export interface Instance<Line extends StatusLine = StatusLine> {
  readonly role: "capture" | "sync";
  readonly name: string;
  readonly supervisor: Supervisor<Line>;
}

/** What is attacked, and with what. */
export interface KafkaAttack {
  readonly seed: number;
  /** The attack is over after so many times `kill -9` of processes. */
  readonly kills: number;
  /** Some run, some do not. */
  readonly instances: readonly Instance[];
  readonly targets: Omit<FaultTargets, "sleep">;
  /** A look at what a process has left, right after its end; what it throws ends the attack. */
  readonly onDown: () => Promise<void>;
  /** Counts every fault, kills included. */
  readonly faults: Counts;
  /** Ends the attack before its time. */
  readonly signal: AbortSignal;
}

type Assault = "kill" | "kill in flight" | "stop" | "freeze";

const ASSAULTS: readonly { readonly weight: number; readonly item: Assault }[] = [
  { weight: 6, item: "kill" },
  { weight: 3, item: "kill in flight" },
  { weight: 2, item: "stop" },
  { weight: 3, item: "freeze" },
];
/** How often an instance stays away for a while, so that others have its work, instead of coming back at once. */
const REMOVE_CHANCE = 0.3;

/**
 * Kills, stops, freezes, removes and adds instances, and breaks servers and connections, as the seed plans it, until enough kills are done; then everything
 * works again, though some instances may be away. Throws when a server does not come back, and what a supervisor throws.
 */
export async function attackInstances(attack: KafkaAttack): Promise<void> {
  const { instances, signal } = attack;
  const inFlight = new Turns();
  await together(signal, [
    ...instances.map(
      (instance) => (over: AbortSignal) => disturb(instance, { ...attack, inFlight }, over),
    ),
    (over) => breakThings({ ...attack, plan: planFaultWithKafka }, over),
  ]);
}

interface Disturbance extends KafkaAttack {
  readonly inFlight: Turns;
}

async function disturb(
  { role, name, supervisor }: Instance,
  attack: Disturbance,
  signal: AbortSignal,
): Promise<void> {
  const { seed, kills, faults } = attack;
  const random = createRandom(seed, `kills of ${name}`);
  while (faults.get(KILL) < kills) {
    if (supervisor.isRunning) {
      // Now before it is up, now in the middle of something, now when it has caught up.
      const [least, most] = random.pick([
        [50, 900],
        [3_000, 10_000],
        [10_000, 25_000],
        [20_000, 45_000],
      ] as const);
      await pause(random.integer(least, most), signal);
      if (signal.aborted) return;
      const assault = random.pickWeighted(ASSAULTS);
      await assail(supervisor, { assault, role, random }, attack);
      if (supervisor.isRunning) continue;
      faults.add(assault === "stop" ? STOP : KILL);
      faults.add(`… of which ${role}s`);
      await attack.onDown();
    }
    const isRemoved = random.chance(REMOVE_CHANCE);
    if (isRemoved) faults.add(`remove a ${role} for a while`);
    await pause(isRemoved ? random.integer(3_000, 20_000) : random.integer(0, 600), signal);
    await supervisor.start();
  }
}

interface Assailing {
  readonly assault: Assault;
  readonly role: Instance["role"];
  readonly random: Random;
}

async function assail(
  supervisor: Supervisor<StatusLine>,
  { assault, role, random }: Assailing,
  { targets, faults, inFlight, signal }: Disturbance,
): Promise<void> {
  switch (assault) {
    case "stop":
      return supervisor.stop();
    case "freeze": {
      // Longer than a session lasts, or shorter.
      const ms = random.integer(300, 15_000);
      faults.add(`SIGSTOP, then SIGCONT ${role}`);
      supervisor.signal("SIGSTOP");
      await pause(ms, signal);
      supervisor.signal("SIGCONT");
      return;
    }
    case "kill in flight": {
      const stall = { isStall: random.chance(0.5), ms: random.integer(800, 3_000) };
      if (role === "capture") return supervisor.kill();
      const proxy: Proxy = targets.proxies.elasticsearch;
      await inFlight.take(() => killInFlight({ supervisor, proxy }, stall));
      faults.add(KILL_IN_FLIGHT);
      return;
    }
    case "kill":
      return supervisor.kill();
  }
}

/** One at a time: a proxy cannot be stalled and refuse for two. */
class Turns {
  #last: Promise<unknown> = Promise.resolve();

  async take(work: () => Promise<void>): Promise<void> {
    const turn = this.#last.then(work);
    this.#last = turn.catch(() => undefined);
    await turn;
  }
}
