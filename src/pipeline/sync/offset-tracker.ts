import type { OffsetEvent } from "../../core/change-event.ts";
import type { PartitionOffset, TopicPartition } from "../../core/kafka.ts";

/** A partition of ours and how far it is read, closed and committed. */
export interface TrackedPartition extends TopicPartition {
  /** The offset behind the last record that is closed with all before it; where reading began, before the first. */
  closed: number;
  /** The next offset that the group has committed, as far as we know; null when it has none. */
  committed: number | null;
  /** Records read and not closed. */
  open: number;
  /** When the source committed the last change that is closed, µs since 1970; 0 = unknown. */
  commitTimeUs: number;
}

/** Room for so many open records at first. */
const INITIAL_CAPACITY = 1024;

/**
 * Which records are closed, partition by partition. The records of all partitions are taken by one pump, one after another, so their marks stand in one ring in the
 * order of the actions taken: the sink's contiguous prefix of closed actions closes a prefix of the ring, which is a contiguous prefix of every partition. Nothing else
 * moves an offset.
 *
 * A record that is being taken counts as open from its beginning, that a partition is not given away in the middle of it.
 */
export class OffsetTracker {
  readonly #topics = new Map<string, Map<number, TrackedPartition>>();
  #ring = createRing(INITIAL_CAPACITY);
  /** Counted from the start: the marks from `#first` to `#next` are open. */
  #first = 0;
  #next = 0;
  #reading: TrackedPartition | null = null;

  /** These partitions are ours from now on. */
  assign(from: PartitionOffset, committed: number | null): void {
    const { topic, partition, offset } = from;
    const partitions = this.#topics.get(topic) ?? new Map<number, TrackedPartition>();
    this.#topics.set(topic, partitions);
    partitions.set(partition, {
      topic,
      partition,
      closed: offset,
      committed,
      open: 0,
      commitTimeUs: 0,
    });
  }

  /** The partition is ours no more: marks of it that are open close without effect. */
  forget({ topic, partition }: TopicPartition): void {
    this.#topics.get(topic)?.delete(partition);
  }

  /** The partition, undefined when it is not ours. */
  get({ topic, partition }: TopicPartition): TrackedPartition | undefined {
    return this.#topics.get(topic)?.get(partition);
  }

  /** All partitions of ours. */
  *partitions(): Generator<TrackedPartition> {
    for (const partitions of this.#topics.values()) yield* partitions.values();
  }

  /** A record of this partition is being taken; the next {@link OffsetTracker.add} ends it. */
  begin(record: TopicPartition): void {
    const tracked = this.get(record) ?? null;
    this.#reading = tracked;
    if (tracked !== null) tracked.open += 1;
  }

  /** The record that was begun ends after `taken` actions. */
  add(event: OffsetEvent, taken: number): void {
    const tracked = this.#reading ?? this.#begun(event);
    this.#reading = null;
    if (tracked === null) return;
    if (this.#joinsLast(tracked, event, taken)) return;
    if (this.size === this.#ring.capacity) this.#grow();
    const ring = this.#ring;
    const at = this.#next % ring.capacity;
    ring.taken[at] = taken;
    ring.nextOffsets[at] = event.nextOffset;
    ring.commitTimesUs[at] = event.commitTimeUs;
    ring.partitions[at] = tracked;
    this.#next += 1;
  }

  #begun(event: OffsetEvent): TrackedPartition | null {
    this.begin(event);
    return this.#reading;
  }

  /** A record without actions behind one of the same partition is closed with it: they share a mark. */
  #joinsLast(tracked: TrackedPartition, event: OffsetEvent, taken: number): boolean {
    const ring = this.#ring;
    if (this.size === 0) return false;
    const last = (this.#next - 1) % ring.capacity;
    if (ring.partitions[last] !== tracked || ring.taken[last] !== taken) return false;
    ring.nextOffsets[last] = event.nextOffset;
    if (event.commitTimeUs > 0) ring.commitTimesUs[last] = event.commitTimeUs;
    tracked.open -= 1;
    return true;
  }

  /** Moves partitions over the records that are closed when the first `closed` actions are, calling `each` for every mark with its commit time, µs, 0 = unknown. */
  close(closed: number, each: (partition: TrackedPartition, commitTimeUs: number) => void): void {
    const ring = this.#ring;
    while (this.#first < this.#next) {
      const at = this.#first % ring.capacity;
      if (ring.taken[at]! > closed) return;
      const partition = ring.partitions[at]!;
      ring.partitions[at] = undefined;
      this.#first += 1;
      partition.closed = ring.nextOffsets[at]!;
      partition.open -= 1;
      const commitTimeUs = ring.commitTimesUs[at]!;
      if (commitTimeUs > 0) partition.commitTimeUs = commitTimeUs;
      each(partition, commitTimeUs);
    }
  }

  /**
   * All of the partition before `offset` was asked for. What lies between its last record and there are no records but marks of transactions, and records of aborted ones: once
   * nothing is open they count as closed. Otherwise, when they expire before another record comes, the group's offset would lie before all that is left.
   */
  pass({ topic, partition, offset }: PartitionOffset): void {
    const tracked = this.get({ topic, partition });
    if (tracked !== undefined && tracked.open === 0 && tracked.closed < offset)
      tracked.closed = offset;
  }

  /** Marks that are not closed. */
  get size(): number {
    return this.#next - this.#first;
  }

  #grow(): void {
    const old = this.#ring;
    const ring = createRing(2 * old.capacity);
    for (let n = this.#first; n < this.#next; n++) {
      const from = n % old.capacity;
      const to = n % ring.capacity;
      ring.taken[to] = old.taken[from]!;
      ring.nextOffsets[to] = old.nextOffsets[from]!;
      ring.commitTimesUs[to] = old.commitTimesUs[from]!;
      ring.partitions[to] = old.partitions[from];
    }
    this.#ring = ring;
  }
}

interface Ring {
  readonly capacity: number;
  /** Actions numbered below this belong to this record or to earlier ones. */
  readonly taken: Float64Array;
  readonly nextOffsets: Float64Array;
  readonly commitTimesUs: Float64Array;
  readonly partitions: (TrackedPartition | undefined)[];
}

function createRing(capacity: number): Ring {
  return {
    capacity,
    taken: new Float64Array(capacity),
    nextOffsets: new Float64Array(capacity),
    commitTimesUs: new Float64Array(capacity),
    partitions: Array.from({ length: capacity }),
  };
}
