import type { CommitEvent, HeartbeatEvent } from "../core/change-event.ts";
import type { Clock } from "../core/clock.ts";
import type { CheckpointCursor } from "./checkpoint-cursor.ts";
import type { Marks } from "./document-destination.ts";
import type { CommonStatus, LogStatus } from "./status.ts";
import type { Acknowledged, CommitTracker } from "./tracker.ts";

/** What following the sink's progress takes. */
export interface ProgressOptions {
  readonly clock: Clock;
  /** Called for every transaction that is closed, in log order. */
  readonly onAcknowledged?: ((acknowledged: Acknowledged) => void) | undefined;
  /** Is the source's log being read at this moment? */
  readonly isConnected: () => boolean;
}

/** Follows what the sink has closed: moves the checkpoint, knows lag and latency, passes the sink's failure on. */
export class Progress implements Marks<CommitEvent | HeartbeatEvent> {
  readonly #tracker: CommitTracker;
  readonly #cursor: CheckpointCursor;
  readonly #options: ProgressOptions;
  readonly #failure = Promise.withResolvers<unknown>();
  #lastCommitMs: number | null = null;
  /** Something was acknowledged, be it the server's word that it is idle. */
  #isUnderWay = false;
  #latencyMs: number | null = null;

  constructor(tracker: CommitTracker, cursor: CheckpointCursor, options: ProgressOptions) {
    this.#tracker = tracker;
    this.#cursor = cursor;
    this.#options = options;
  }

  add(mark: CommitEvent | HeartbeatEvent, taken: number): void {
    this.#tracker.add(mark, taken);
  }

  get size(): number {
    return this.#tracker.size;
  }

  close(closed: number): void {
    if (this.#tracker.size === 0) return;
    this.#tracker.close(closed, (acknowledged) => {
      this.#cursor.advance(acknowledged.position);
      this.#isUnderWay = true;
      if (acknowledged.commitTimeUs > 0) {
        this.#lastCommitMs = acknowledged.commitTimeUs / 1_000;
        this.#latencyMs = Math.max(0, this.#options.clock.now() - this.#lastCommitMs);
      }
      this.#options.onAcknowledged?.(acknowledged);
    });
  }

  fail(error: unknown): void {
    this.#failure.resolve(error);
  }

  onFailure(listener: (error: unknown) => void): void {
    void this.#failure.promise.then(listener);
  }

  status(): LogStatus & Pick<CommonStatus, "lagSeconds" | "latencyMs" | "gaps"> {
    const { file, position, gtidSet, gaps } = this.#cursor.current();
    return {
      file,
      position,
      gtidSet,
      gaps,
      transactionsPending: this.#tracker.size,
      lagSeconds: this.#lagSeconds(),
      latencyMs: this.#latencyMs === null ? null : Math.round(this.#latencyMs * 10) / 10,
    };
  }

  /** Zero only while the log is being read and all that was read is acknowledged; a lost connection makes it unknown. */
  #lagSeconds(): number | null {
    if (this.#tracker.size > 0) {
      return this.#lastCommitMs === null
        ? null
        : Math.max(0, this.#options.clock.now() - this.#lastCommitMs) / 1_000;
    }
    return this.#isUnderWay && this.#options.isConnected() ? 0 : null;
  }
}
