import { Backoff } from "../../core/backoff.ts";
import type { Clock } from "../../core/clock.ts";
import { asTailraceError, type TailraceError } from "../../core/errors.ts";
import type { ChunkReader } from "../../core/load.ts";
import type { Logger } from "../../core/logger.ts";
import type { Candidate } from "./candidate.ts";
import type { ConfirmParts, Verdict } from "./confirm.ts";
import { confirmDifferences } from "./confirm.ts";

/** What a judge works with. */
export interface JudgeOptions extends Omit<ConfirmParts, "reader"> {
  readonly openReader: () => Promise<ChunkReader>;
  /** Told of the verdicts of a group; the next one waits for it. */
  readonly onVerdicts: (judged: readonly Judged[]) => Promise<void>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/** A candidate and what has become of it. */
export interface Judged {
  readonly candidate: Candidate;
  readonly verdict: Verdict;
}

/** So many candidates are worth beginning, and so many are judged at once at most: they wait for the stream together. */
const MIN_GROUP = 500;
const MAX_GROUP = 2_000;
/** Candidates that may wait before whoever brings them has to. */
const MAX_WAITING = 5_000;

/** Judges candidates beside the walk that finds them, in groups, over a connection of its own. What passes is tried again. */
export class Judge implements AsyncDisposable {
  readonly #options: JudgeOptions;
  #waiting: Candidate[] = [];
  #reader: ChunkReader | null = null;
  #work: Promise<void> = Promise.resolve();
  #isWorking = false;
  #failure: TailraceError | null = null;

  constructor(options: JudgeOptions) {
    this.#options = options;
  }

  /** Takes candidates; resolves when there is room for more. Rejects when judging has failed for good. */
  async take(candidates: readonly Candidate[]): Promise<void> {
    if (this.#failure !== null) throw this.#failure;
    this.#waiting.push(...candidates);
    if (this.#waiting.length < MIN_GROUP) return;
    this.#begin();
    if (this.#waiting.length >= MAX_WAITING) await this.#work;
  }

  /** Resolves when all candidates are judged. */
  async finish(): Promise<void> {
    while (this.#isWorking || this.#waiting.length > 0) {
      this.#begin();
      await this.#work;
    }
    if (this.#failure !== null) throw this.#failure;
  }

  /** Judges candidates now. A table that is no longer as it was described leaves them unsettled: who looks again finds it as it is then. */
  async judge(group: readonly Candidate[]): Promise<readonly Verdict[]> {
    try {
      return await this.withReader((reader) =>
        confirmDifferences(group, { ...this.#options, reader }),
      );
    } catch (error) {
      if (asTailraceError(error).code !== "SNAPSHOT_ROW_CHANGED") throw error;
      return group.map(() => ({ kind: "unsettled" }));
    }
  }

  /** Calls the step with a reader; again with another one after a failure that passes. */
  async withReader<T>(step: (reader: ChunkReader) => Promise<T>): Promise<T> {
    const { openReader, clock, logger, signal } = this.#options;
    const backoff = new Backoff(clock);
    for (;;) {
      try {
        this.#reader ??= await openReader();
        return await step(this.#reader);
      } catch (cause) {
        const error = asTailraceError(cause);
        await this.#close();
        if (error.disposition !== "retry" || signal.aborted) throw error;
        if (error.code === "SNAPSHOT_ROW_CHANGED") throw error;
        const waitMs = backoff.next();
        logger.warn({ err: error, retryInMs: Math.round(waitMs) }, "trying again to verify");
        await clock.sleep(waitMs, signal);
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#waiting = [];
    await this.#close();
    await this.#work;
    await this.#close();
  }

  #begin(): void {
    if (this.#isWorking) return;
    this.#isWorking = true;
    this.#work = this.#judgeAll();
  }

  async #judgeAll(): Promise<void> {
    try {
      while (this.#waiting.length > 0) {
        const group = this.#waiting.splice(0, MAX_GROUP);
        const verdicts = await this.judge(group);
        await this.#options.onVerdicts(
          group.map((candidate, n) => ({ candidate, verdict: verdicts[n]! })),
        );
      }
    } catch (error) {
      this.#failure = asTailraceError(error);
      this.#waiting = [];
    } finally {
      this.#isWorking = false;
    }
  }

  async #close(): Promise<void> {
    const reader = this.#reader;
    this.#reader = null;
    await reader?.[Symbol.asyncDispose]();
  }
}
