import type { RecordView } from "../core/record.ts";
import { AnswerBuffers } from "./answer-buffers.ts";
import type { FetchedChunk } from "./fetched-partition.ts";

/**
 * What answers have brought and nobody has read, a partition's piece of an answer at a time, in the order in which they came. Unread bytes are counted by
 * broker; an answer counts whole until its last piece has been read.
 */
export class RecordQueue {
  readonly #buffers: AnswerBuffers;
  /** Called when a piece has been read or dropped: there may be room for another answer. */
  readonly #onRoom: () => void;
  readonly #chunks: FetchedChunk[] = [];
  #current: FetchedChunk | null = null;
  /** Dropped while a record of it is out: its bytes stay until the next one is asked for. */
  #inHand: FetchedChunk | null = null;
  readonly #unread = new Map<number, number>();

  /** `maxFreeBytes` bounds the memory that is kept for further answers. */
  constructor(options: { readonly maxFreeBytes: number; readonly onRoom: () => void }) {
    this.#buffers = new AnswerBuffers(options.maxFreeBytes);
    this.#onRoom = options.onRoom;
  }

  /** Asking for the next record may be worth while. */
  get isReady(): boolean {
    return this.#current !== null || this.#inHand !== null || this.#chunks.length > 0;
  }

  /** Bytes of a broker's answers that are not read. */
  unreadOf(node: number): number {
    return this.#unread.get(node) ?? 0;
  }

  /** A buffer for the next answer. */
  allocate(length: number): Buffer {
    return this.#buffers.take(length);
  }

  /** Takes the pieces of one answer. */
  push(chunks: readonly FetchedChunk[]): void {
    const answer = chunks[0]?.answer;
    if (answer === undefined) return;
    answer.open = chunks.length;
    this.#unread.set(answer.node, this.unreadOf(answer.node) + answer.bytes);
    this.#chunks.push(...chunks);
  }

  /** The next record, or null. Throws what the cursor throws. */
  next(): RecordView | null {
    if (this.#inHand !== null) {
      this.#release(this.#inHand);
      this.#inHand = null;
      this.#onRoom();
    }
    for (;;) {
      const chunk = this.#current ?? this.#take();
      if (chunk === null) return null;
      const { state } = chunk;
      const { cursor } = state;
      const hasRecord = cursor.next();
      state.position = cursor.nextOffset;
      if (hasRecord) return cursor;
      this.#current = null;
      this.#release(chunk);
      this.#onRoom();
    }
  }

  /** Drops what belongs to partitions that were stopped. */
  dropStopped(): void {
    for (const chunk of this.#chunks) if (chunk.state.isStopped) this.#release(chunk);
    const kept = this.#chunks.filter(({ state }) => !state.isStopped);
    this.#chunks.splice(0, this.#chunks.length, ...kept);
    if (this.#current?.state.isStopped) {
      this.#inHand = this.#current;
      this.#current = null;
    }
    this.#onRoom();
  }

  #take(): FetchedChunk | null {
    const chunk = this.#chunks.shift() ?? null;
    this.#current = chunk;
    if (chunk === null) return null;
    const { aborted, records } = chunk.fetched;
    chunk.state.cursor.reset({ records, fetchOffset: chunk.fetchOffset, aborted });
    return chunk;
  }

  #release({ answer }: FetchedChunk): void {
    answer.open -= 1;
    if (answer.open > 0) return;
    if (answer.buffer !== null) this.#buffers.give(answer.buffer);
    this.#unread.set(answer.node, this.unreadOf(answer.node) - answer.bytes);
  }
}
