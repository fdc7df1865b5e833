import type {
  CommitEvent,
  HeartbeatEvent,
  IncompleteRowsEvent,
  MarkEvent,
  RowsEvent,
  SchemaChangeEvent,
} from "../../core/change-event.ts";
import type { Clock } from "../../core/clock.ts";
import { TailraceError } from "../../core/errors.ts";
import type { Destination } from "../../core/destination.ts";
import type { RecordBuffer } from "../../core/kafka.ts";
import type { RecordTopic } from "../../core/record.ts";
import type { TableVersion } from "../../core/row-layout.ts";
import type { RecordEncoder, RecordGap } from "../../transport/record-encoder.ts";
import type { Marks } from "../document-destination.ts";
import { completeRows } from "./complete-rows.ts";
import type { RecordPublisher } from "./record-publisher.ts";
import type { RecordTopics } from "./record-topics.ts";
import type { ReadRows } from "../router.ts";

/** What a record destination is made of. */
export interface RecordStages {
  readonly encoder: RecordEncoder;
  readonly publisher: RecordPublisher;
  readonly topics: RecordTopics;
  readonly readRows: ReadRows;
  readonly marks: Marks<CommitEvent | HeartbeatEvent>;
  /** Deals with rows that no record can hold; durable when it resolves. */
  readonly onGap: (gap: RecordGap) => Promise<void>;
  /** Called when the publisher cannot go on; every later call rejects with the same error. */
  readonly onFatal: (error: unknown) => void;
  /** Of records that wait or are being sent, before compression. */
  readonly maxBufferBytes: number;
  readonly clock: Clock;
}

/** Marks without records take no room in a buffer: while a send stands still, only their number tells that reading must wait. */
const MAX_OPEN_MARKS = 100_000;

/**
 * Brings changes into records. Two buffers: one is sent while the other is filled, so there is no fixed wait; when nothing is being sent and something is
 * there, it goes, and while a send is under way the next one grows up to half of `maxBufferBytes`. Then the source has to wait.
 *
 * With a transactional publisher a buffer goes only where a transaction of the source ends, because what is committed with it cannot be taken back: a pause
 * in reading says "send at the next end". From half a buffer on, the source waits at such an end rather than in the midst of a transaction. One that fills
 * the rest is sent in parts, of which the publisher makes one transaction of Kafka as long as that is reasonable.
 *
 *     take ──► filling ──swap──► sending ──closed──► marks (checkpoint, lag, latency)
 *                 ▲                 │
 *                 └──── emptied ────┘
 */
export class RecordDestination implements Destination {
  readonly #stages: RecordStages;
  readonly #limit: number;
  /** From here on a buffer goes at the end of a transaction, so that only large transactions are sent in parts. */
  readonly #softLimit: number;
  readonly #topicOf = new WeakMap<TableVersion, RecordTopic>();
  #filling: RecordBuffer;
  #spare: RecordBuffer;
  /** Resolves when what is being sent is through or has failed; null when nothing is. */
  #sending: Promise<void> | null = null;
  /** What was taken until now ends a transaction of the source. */
  #isWhole = true;
  /** Reading paused since the last send: what is there goes as soon as it may. */
  #wantsSend = false;
  #failure: { readonly error: unknown } | null = null;
  /** Records in buffers that were handed over. */
  #sent = 0;
  #closed = 0;
  #requests = 0;
  #bytes = 0;
  #sendingSince = 0;

  constructor(stages: RecordStages) {
    this.#stages = stages;
    this.#limit = stages.maxBufferBytes / 2;
    this.#softLimit = this.#limit / 2;
    this.#filling = stages.publisher.createBuffer();
    this.#spare = stages.publisher.createBuffer();
  }

  take(event: RowsEvent): Promise<void> | undefined {
    const topic = this.#topicOf.get(event.table);
    return topic === undefined ? this.#takeFirst(event) : this.#encode(event, topic);
  }

  async #takeFirst(event: RowsEvent): Promise<void> {
    const topic = await this.#stages.topics.open(event.table.schema);
    this.#topicOf.set(event.table, topic);
    await this.#encode(event, topic);
  }

  #encode(event: RowsEvent, topic: RecordTopic): Promise<void> | undefined {
    this.#begin();
    const gaps = this.#stages.encoder.take(event, topic, this.#filling);
    return gaps.length === 0 ? this.#room() : this.#tellGaps(gaps);
  }

  async #tellGaps(gaps: readonly RecordGap[]): Promise<void> {
    for (const gap of gaps) await this.#stages.onGap(gap);
    await this.#room();
  }

  /** Records are of changes: who reads them loads tables from the source. */
  takeRead(): never {
    throw new TailraceError("INVARIANT_BROKEN", "A capture loads no tables.");
  }

  async takeIncomplete(event: IncompleteRowsEvent): Promise<number> {
    const { encoder, topics, readRows } = this.#stages;
    // reading again may take long: what is there need not wait for it
    this.idle();
    const topic = await topics.open(event.table.schema);
    const { complete, unknown } = await completeRows(event, readRows);
    for (const rows of complete) {
      this.#begin();
      await this.#tellGaps(encoder.takeJsonRows(rows, topic, this.#filling));
    }
    return unknown;
  }

  async takeSchemaChange(event: SchemaChangeEvent): Promise<void> {
    const topic = await this.#stages.topics.open(event);
    this.#begin();
    this.#stages.encoder.takeSchemaChange(event, topic, this.#filling);
    await this.#room();
  }

  mark(event: MarkEvent): Promise<void> | undefined {
    const { marks, publisher } = this.#stages;
    const mark = event as CommitEvent | HeartbeatEvent;
    marks.add(mark, this.taken);
    publisher.mark(mark.position);
    this.#isWhole = true;
    const mustEndHere =
      publisher.isTransactional && (publisher.isOpen || this.#filling.bytes >= this.#softLimit);
    if (this.#wantsSend || mustEndHere) this.#sendIfReady();
    if (this.#sending === null) marks.close(this.#closed);
    const isWaiting = mustEndHere && (publisher.isOpen || this.#filling.records > 0);
    return isWaiting || marks.size >= MAX_OPEN_MARKS ? this.#sendNext() : undefined;
  }

  /** Sends what is there when the present send is through. */
  async #sendNext(): Promise<void> {
    await this.#sending;
    this.#throwIfFailed();
    this.#sendIfReady();
  }

  idle(): void {
    this.#wantsSend = true;
    this.#sendIfReady();
    if (this.#sending === null) this.#stages.marks.close(this.#closed);
  }

  /**
   * See {@link Destination.drain}. With a transactional publisher the beginning of a transaction whose end was not read, and what waits with it, is given
   * up: it is read again by the next run.
   */
  async drain(): Promise<void> {
    for (;;) {
      this.#throwIfFailed();
      if (this.#sending === null && !this.#hasReady() && !this.#isOnlyCheckpointDue()) break;
      if (this.#sending === null) this.#send();
      await this.#sending;
    }
    this.#stages.marks.close(this.#closed);
  }

  /** Publishes the checkpoint alone where it has moved over transactions without records and nothing else is under way. Rejects as `drain`. */
  async saveCheckpoint(): Promise<void> {
    if (this.#sending === null && this.#isOnlyCheckpointDue()) this.#send();
    await this.#sending;
    this.#throwIfFailed();
  }

  /** Records that were taken since the start. */
  get taken(): number {
    return this.#sent + this.#filling.records;
  }

  /** Those of them that the brokers hold and show. */
  get closed(): number {
    return this.#closed;
  }

  /** What was sent: how often, and bytes before compression; how long the present send has lasted, ms, 0 when there is none. */
  stats(): {
    readonly requests: number;
    readonly bytes: number;
    readonly sendingMs: number;
  } {
    const sendingMs = this.#sending === null ? 0 : this.#stages.clock.now() - this.#sendingSince;
    return { requests: this.#requests, bytes: this.#bytes, sendingMs };
  }

  /** Something is taken that ends no transaction. */
  #begin(): void {
    this.#throwIfFailed();
    this.#isWhole = false;
  }

  #room(): Promise<void> | undefined {
    if (this.#filling.bytes < this.#limit) return undefined;
    if (this.#sending !== null) return this.#waitForRoom();
    this.#send();
    return undefined;
  }

  async #waitForRoom(): Promise<void> {
    while (this.#filling.bytes >= this.#limit) {
      if (this.#sending === null) this.#send();
      else await this.#sending;
      this.#throwIfFailed();
    }
  }

  /** Is there something that may go now? */
  #hasReady(): boolean {
    const { publisher } = this.#stages;
    if (this.#filling.bytes >= this.#limit) return true;
    if (publisher.isTransactional && !this.#isWhole) return false;
    return this.#filling.records > 0 || publisher.isOpen;
  }

  #isOnlyCheckpointDue(): boolean {
    const { isCheckpointDue, isOpen } = this.#stages.publisher;
    return isCheckpointDue && !isOpen && this.#isWhole && this.#filling.records === 0;
  }

  #sendIfReady(): void {
    if (this.#sending === null && this.#failure === null && this.#hasReady()) this.#send();
  }

  #send(): void {
    const buffer = this.#filling;
    this.#filling = this.#spare;
    this.#sent += buffer.records;
    this.#bytes += buffer.bytes;
    this.#requests += 1;
    this.#sendingSince = this.#stages.clock.now();
    this.#wantsSend = false;
    this.#sending = this.#publish(buffer, this.#sent);
  }

  async #publish(buffer: RecordBuffer, sent: number): Promise<void> {
    try {
      const isClosed = await this.#stages.publisher.publish(buffer, this.#isWhole);
      if (isClosed) this.#closed = sent;
    } catch (error) {
      this.#failure = { error };
      this.#stages.onFatal(error);
    }
    this.#spare = buffer;
    this.#sending = null;
    if (this.#failure !== null) return;
    this.#stages.marks.close(this.#closed);
    if (this.#wantsSend || this.#filling.bytes >= this.#limit) this.#sendIfReady();
  }

  #throwIfFailed(): void {
    if (this.#failure !== null) throw this.#failure.error;
  }
}
