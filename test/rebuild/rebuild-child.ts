import type { DirectConfig } from "../../src/config/config.ts";
import { systemClock } from "../../src/core/clock.ts";
import type { RebuildStep } from "../../src/pipeline/rebuild/context.ts";
import { rebuildIndex, rollBack } from "../../src/pipeline/rebuild/rebuild.ts";

/** What this process is to do; it kills itself behind the step. */
export interface ChildTask {
  readonly config: DirectConfig;
  readonly rule: string;
  readonly keepOld: boolean;
  readonly isRollback: boolean;
  readonly step: RebuildStep;
}

const task = JSON.parse(process.argv[2]!) as ChildTask;
const act = task.isRollback ? rollBack : rebuildIndex;
await act(task.config, task.rule, {
  signal: new AbortController().signal,
  logger: { debug: () => {}, info: () => {}, warn: console.error, error: console.error },
  clock: systemClock,
  keepOld: task.keepOld,
  graceMs: 50,
  onStep: (step) => {
    if (step === task.step) process.kill(process.pid, "SIGKILL");
  },
});
