import type { OffsetEvent } from "../../core/change-event.ts";
import type { Clock } from "../../core/clock.ts";
import type { AssignedPartition } from "../../core/kafka.ts";
import type { Marks } from "../document-destination.ts";
import type { OffsetTracker, TrackedPartition } from "./offset-tracker.ts";
import type { PartitionStatus, SyncStatus } from "../status.ts";
import type { Acknowledged } from "../tracker.ts";

/** What following the sink's progress over records takes. */
export interface SyncProgressOptions {
  readonly tracker: OffsetTracker;
  readonly clock: Clock;
  /** Called when records were closed. */
  readonly onClosed: () => void;
  /** Called for every mark that is closed; its position is `topic-partition` and the next offset. */
  readonly onAcknowledged?: ((acknowledged: Acknowledged) => void) | undefined;
}

/** Follows what the sink has closed of the records: moves each partition, knows lag and latency. */
export class SyncProgress implements Marks<OffsetEvent> {
  readonly #options: SyncProgressOptions;
  #latencyMs: number | null = null;

  constructor(options: SyncProgressOptions) {
    this.#options = options;
  }

  add(mark: OffsetEvent, taken: number): void {
    this.#options.tracker.add(mark, taken);
  }

  get size(): number {
    return this.#options.tracker.size;
  }

  close(closed: number): void {
    const { tracker, onClosed } = this.#options;
    if (tracker.size === 0) return;
    tracker.close(closed, this.#onMark);
    onClosed();
  }

  readonly #onMark = (partition: TrackedPartition, commitTimeUs: number): void => {
    const { clock, onAcknowledged } = this.#options;
    if (commitTimeUs > 0) this.#latencyMs = Math.max(0, clock.now() - commitTimeUs / 1_000);
    if (onAcknowledged === undefined) return;
    const { topic, partition: number, closed } = partition;
    onAcknowledged({ position: { file: `${topic}-${number}`, position: closed }, commitTimeUs });
  };

  /** How far the partitions are; `assigned` tells their ends, `isConnected` whether these are true at this moment. */
  status(
    assigned: readonly AssignedPartition[],
    isConnected: boolean,
  ): Pick<SyncStatus, "lagSeconds" | "latencyMs" | "partitions" | "recordsPending"> {
    const { tracker } = this.#options;
    const partitions: PartitionStatus[] = [];
    let recordsPending = 0;
    let lagSeconds: number | null = isConnected ? 0 : null;
    for (const { topic, partition, position, end } of assigned) {
      const tracked = tracker.get({ topic, partition });
      if (tracked === undefined) continue;
      const { closed: offset, open } = tracked;
      // what lies between the last record and the end may be marks of transactions, which are no records
      const isRead = open === 0 && position >= end;
      const lagRecords = end < 0 ? null : isRead ? 0 : Math.max(0, end - offset);
      partitions.push({ topic, partition, offset, end, lagRecords });
      recordsPending += open;
      if (lagRecords === 0 && open === 0) continue;
      const seconds = this.#ageOf(tracked);
      lagSeconds = seconds === null || lagSeconds === null ? null : Math.max(lagSeconds, seconds);
    }
    const latencyMs = this.#latencyMs === null ? null : Math.round(this.#latencyMs * 10) / 10;
    return { lagSeconds, latencyMs, partitions, recordsPending };
  }

  /** Seconds since the commit of the last change that is closed; null = unknown. */
  #ageOf({ commitTimeUs }: TrackedPartition): number | null {
    if (commitTimeUs === 0) return null;
    return Math.max(0, this.#options.clock.now() - commitTimeUs / 1_000) / 1_000;
  }
}
