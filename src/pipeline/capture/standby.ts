import { createHash } from "node:crypto";
import { TailraceError } from "../../core/errors.ts";
import type { ConnectionOptions } from "../../mysql/connection.ts";
import { NamedLock } from "../../mysql/named-lock.ts";
import type { OpenOptions } from "../stages.ts";

/** How long the server lets us wait for the lock before we look whether we are still wanted, s. */
const POLL_S = 10;

/** What taking a pipeline's lock takes. */
export interface PipelineLockOptions {
  readonly connection: ConnectionOptions;
  readonly pipeline: string;
  /** Called when another process has the lock and we begin to wait for it. */
  readonly onStandby: () => void;
  /** Called when the lock that we had is gone: another process may take over from now on. */
  readonly onLost: () => void;
}

/**
 * The right to run the pipeline of this name on a source: one process has it, the others stand by and wait in the server's own queue, so that one of them
 * takes over at the moment when the first ends, however it ends. Resolves with the lock held. Where the
 * server forbids such locks there is no standby, and only the fencing of Kafka's transactional id keeps a second process out. Throws SOURCE_*, SOURCE_UNREACHABLE also when the
 * signal aborts.
 */
export async function takePipelineLock(
  { connection, pipeline, onStandby, onLost }: PipelineLockOptions,
  { clock, logger, signal }: Pick<OpenOptions, "clock" | "logger" | "signal">,
): Promise<NamedLock> {
  const lock = new NamedLock({ connection, name: lockName(pipeline), clock });
  try {
    let answer = await lock.take(0, signal);
    if (answer.kind === "taken") {
      logger.info({ holder: answer.holder }, "another process runs this pipeline: standing by");
      onStandby();
      while (answer.kind === "taken" && !signal.aborted) answer = await lock.take(POLL_S, signal);
      if (answer.kind === "taken")
        throw new TailraceError("SOURCE_UNREACHABLE", "Stopped while standing by.");
      if (answer.kind === "held") logger.info({}, "the other process has ended: taking over");
    }
    if (answer.kind === "unsupported")
      logger.warn(
        {},
        "the source forbids GET_LOCK: a second process of this pipeline would not stand by",
      );
    lock.onLost = onLost;
    return lock;
  } catch (error) {
    await lock[Symbol.asyncDispose]();
    throw error;
  }
}

/** The server compares the names of locks without case, and knows no long ones. */
function lockName(pipeline: string): string {
  const hash = createHash("sha256").update(pipeline).digest("hex");
  return `tailrace/pipeline/${hash.slice(0, 32)}`;
}
