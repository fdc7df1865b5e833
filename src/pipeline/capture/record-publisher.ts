import type { SourcePosition } from "../../core/checkpoint.ts";
import type { RecordBuffer, RecordProducer } from "../../core/kafka.ts";
import type { CheckpointRecords } from "../../state/checkpoint-kafka.ts";
import type { CheckpointCursor } from "../checkpoint-cursor.ts";
import type { GapNotes } from "../gap-notes.ts";

/** Hands buffers of records to the brokers, one at a time and in order. */
export interface RecordPublisher {
  /** Only whole transactions of the source become visible: what is taken must end with one. */
  readonly isTransactional: boolean;
  /** Something was published that does not close by itself: it waits for the end of the source's transaction. */
  readonly isOpen: boolean;
  /** A checkpoint waits to be published although there may be no record to go with it. */
  readonly isCheckpointDue: boolean;
  createBuffer(): RecordBuffer;
  /** Everything up to here was taken; it is published with the next buffer, or before. */
  mark(position: SourcePosition): void;
  /**
   * Publishes a buffer, which may be empty; `isWhole` tells that what was taken until now ends a transaction of the source. What the cursor of marks is by
   * now is read before the first wait. Resolves with whether everything published so far is closed. Throws KAFKA_*; then no more is possible.
   */
  publish(buffer: RecordBuffer, isWhole: boolean): Promise<boolean>;
}

/** Records are acknowledged by all replicas in sync, each once as far as one run goes; checkpoints are kept elsewhere, afterwards. */
export function createAtLeastOncePublisher(producer: RecordProducer): RecordPublisher {
  return {
    isTransactional: false,
    isOpen: false,
    isCheckpointDue: false,
    createBuffer: () => producer.createBuffer(),
    mark: () => {},
    publish: async (buffer) => {
      await producer.send(buffer);
      return true;
    },
  };
}

/** What publishing exactly once takes. */
export interface ExactlyOnceOptions {
  /** Has a transactional id. */
  readonly producer: RecordProducer;
  readonly checkpoints: Pick<CheckpointRecords, "append">;
  /** The checkpoint that the run begins with; moved on here, ahead of what is closed. */
  readonly cursor: CheckpointCursor;
  /** Gaps that belong into the checkpoint. */
  readonly notes: GapNotes & { readonly gaps: CheckpointCursor["gaps"] };
  /** A transaction of the source that is larger than this is split over several of Kafka's, bytes. */
  readonly maxTransactionBytes: number;
}

/**
 * One transaction of Kafka = whole transactions of the source and the checkpoint behind them, so that a restart goes on exactly behind what readers have
 * seen. A transaction of the source that is too large is split, and its parts leave the checkpoint before it: after a crash it comes again from its
 * beginning, with the same versions.
 */
export class ExactlyOncePublisher implements RecordPublisher {
  readonly isTransactional = true;
  readonly #options: ExactlyOnceOptions;
  #openBytes = 0;
  #isOpen = false;
  /** The cursor's changes, and the gaps, in the last checkpoint published. */
  #published = 0;
  #publishedGaps: CheckpointCursor["gaps"] | null = null;

  constructor(options: ExactlyOnceOptions) {
    this.#options = options;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  get isCheckpointDue(): boolean {
    const { cursor, notes } = this.#options;
    return cursor.changes !== this.#published || notes.gaps !== this.#publishedGaps;
  }

  createBuffer(): RecordBuffer {
    return this.#options.producer.createBuffer();
  }

  mark(position: SourcePosition): void {
    this.#options.cursor.advance(position);
  }

  async publish(buffer: RecordBuffer, isWhole: boolean): Promise<boolean> {
    const { producer, maxTransactionBytes } = this.#options;
    this.#openBytes += buffer.bytes;
    const isClosing = isWhole || this.#openBytes >= maxTransactionBytes;
    if (isClosing && this.isCheckpointDue) this.#appendCheckpoint(buffer);
    this.#isOpen = !isClosing;
    if (buffer.records > 0) await producer.send(buffer);
    if (!isClosing) return false;
    await producer.commit();
    this.#openBytes = 0;
    return true;
  }

  #appendCheckpoint(buffer: RecordBuffer): void {
    const { cursor, notes, checkpoints } = this.#options;
    this.#published = cursor.changes;
    this.#publishedGaps = notes.gaps;
    checkpoints.append(buffer, { ...cursor.current(), gaps: notes.gaps });
  }
}
