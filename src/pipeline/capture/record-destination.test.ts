import { expect, test } from "vitest";
import type { CommitEvent, HeartbeatEvent, RowsEvent } from "../../core/change-event.ts";
import type { Checkpoint } from "../../core/checkpoint.ts";
import { systemClock } from "../../core/clock.ts";
import type { RecordBuffer, RecordProducer } from "../../core/kafka.ts";
import type { RecordTopic, RecordWriter } from "../../core/record.ts";
import type { RecordEncoder } from "../../transport/record-encoder.ts";
import { CheckpointCursor } from "../checkpoint-cursor.ts";
import { RecordDestination } from "./record-destination.ts";
import {
  createAtLeastOncePublisher,
  ExactlyOncePublisher,
  type RecordPublisher,
} from "./record-publisher.ts";
import type { RecordTopics } from "./record-topics.ts";

const TOPIC: RecordTopic = { name: "t", partitions: 1, maxBatchBytes: 1_000 };
const ROW_BYTES = 10;

/** A producer whose sends and commits wait until they are let through, and which remembers what became visible. */
class FakeProducer implements RecordProducer {
  /** Values sent, and "commit". */
  readonly log: string[] = [];
  failure: Error | null = null;
  #release = Promise.withResolvers<void>();
  #isHeld = false;

  hold(): void {
    this.#isHeld = true;
    this.#release = Promise.withResolvers();
  }

  release(): void {
    this.#isHeld = false;
    this.#release.resolve();
  }

  createBuffer(): RecordBuffer {
    return new FakeBuffer();
  }

  async send(buffer: RecordBuffer): Promise<void> {
    if (this.#isHeld) await this.#release.promise;
    if (this.failure !== null) throw this.failure;
    this.log.push((buffer as FakeBuffer).take());
  }

  async commit(): Promise<void> {
    this.log.push("commit");
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

class FakeBuffer implements RecordBuffer {
  #values: string[] = [];

  append(_topic: RecordTopic, _partition: number, { value }: { value: Uint8Array | null }): true {
    this.#values.push(Buffer.from(value ?? []).toString());
    return true;
  }

  take(): string {
    const values = this.#values.join(" ");
    this.#values = [];
    return values;
  }

  get records(): number {
    return this.#values.length;
  }

  get bytes(): number {
    return ROW_BYTES * this.#values.length;
  }
}

const ENCODER: RecordEncoder = {
  take: (event, topic, writer) => {
    writer.append(topic, 0, {
      key: null,
      value: Buffer.from(String(event.bytes)),
      headers: Uint8Array.of(0),
      timestampMs: 0,
    });
    return event.bytes === "big"
      ? [
          {
            kind: "gap",
            code: "KAFKA_RECORD_TOO_LARGE",
            database: "d",
            table: "t",
            detail: "",
            versionHigh: 0,
            versionLow: 0,
          },
        ]
      : [];
  },
  takeJsonRows: () => [],
  takeSchemaChange: () => {},
};

const TABLE = { schema: { database: "d", table: "t", columns: [], primaryKey: [] } };

function rows(value: string): RowsEvent {
  return { kind: "rows", bytes: value, table: TABLE } as unknown as RowsEvent;
}

/** As many rows, named by number. */
function many(count: number): RowsEvent[] {
  return Array.from({ length: count }, (_, i) => rows(String(i)));
}

function commit(position: number): CommitEvent {
  return { kind: "commit", position: { file: "f", position }, commitTimeUs: 1 };
}

function heartbeat(position: number): HeartbeatEvent {
  return { kind: "heartbeat", position: { file: "f", position } };
}

interface Context {
  readonly destination: RecordDestination;
  readonly producer: FakeProducer;
  readonly closed: number[];
  readonly failures: unknown[];
  readonly gaps: string[];
}

function open(publisherOf: (producer: FakeProducer) => RecordPublisher): Context {
  const producer = new FakeProducer();
  const closed: number[] = [];
  const unclosed: { position: number; taken: number }[] = [];
  const failures: unknown[] = [];
  const gaps: string[] = [];
  const destination = new RecordDestination({
    encoder: ENCODER,
    publisher: publisherOf(producer),
    topics: { open: async () => TOPIC } as unknown as RecordTopics,
    readRows: async () => [],
    marks: {
      add: ({ position }, taken) => void unclosed.push({ position: position.position, taken }),
      get size() {
        return unclosed.length;
      },
      close: (upTo) => {
        while (unclosed.length > 0 && unclosed[0]!.taken <= upTo)
          closed.push(unclosed.shift()!.position);
      },
    },
    onGap: async (gap) => void gaps.push(gap.code),
    onFatal: (error) => void failures.push(error),
    maxBufferBytes: 12 * ROW_BYTES,
    clock: systemClock,
  });
  return { destination, producer, closed, failures, gaps };
}

function openExactlyOnce(): Context {
  return open((producer) => {
    const initial = { file: "f", position: 4, gaps: [], savedAt: "" } as unknown as Checkpoint;
    const cursor = new CheckpointCursor({ initial, gtidSet: null, clock: systemClock });
    return new ExactlyOncePublisher({
      producer,
      checkpoints: {
        append: (writer: RecordWriter, { position }: Checkpoint) =>
          void writer.append(TOPIC, 0, {
            key: null,
            value: Buffer.from(`@${position}`),
            headers: Uint8Array.of(0),
            timestampMs: 0,
          }),
      },
      cursor: cursor.fork(),
      notes: cursor,
      maxTransactionBytes: 12 * ROW_BYTES,
    });
  });
}

function openAtLeastOnce(): Context {
  return open(createAtLeastOncePublisher);
}

/** Hands over what the source has at once, as the pump does. */
async function feed(
  { destination }: Context,
  ...events: readonly (RowsEvent | CommitEvent | HeartbeatEvent)[]
): Promise<void> {
  for (const event of events)
    await (event.kind === "rows" ? destination.take(event) : destination.mark(event));
}

async function settle(): Promise<void> {
  await new Promise(setImmediate);
}

test("a transaction and the checkpoint behind it are committed together, when reading pauses", async () => {
  const context = openExactlyOnce();
  await feed(context, rows("a"), rows("b"), commit(10));
  expect(context.producer.log).toEqual([]);
  context.destination.idle();
  await settle();
  expect(context.producer.log).toEqual(["a b @10", "commit"]);
  expect(context.closed).toEqual([10]);
});

test("what comes while a send is under way goes together with the next", async () => {
  const context = openExactlyOnce();
  context.producer.hold();
  await feed(context, rows("a"), commit(10));
  context.destination.idle();
  await feed(context, rows("b"), commit(20), rows("c"), commit(30));
  context.destination.idle();
  expect(context.closed).toEqual([]);
  context.producer.release();
  await settle();
  expect(context.producer.log).toEqual(["a @10", "commit", "b c @30", "commit"]);
  expect(context.closed).toEqual([10, 20, 30]);
});

test("when reading pauses inside a transaction, it is sent at its end", async () => {
  const context = openExactlyOnce();
  await feed(context, rows("a"), commit(10), rows("b"));
  context.destination.idle();
  await settle();
  expect(context.producer.log).toEqual([]);
  await feed(context, commit(20));
  await settle();
  expect(context.producer.log).toEqual(["a b @20", "commit"]);
});

test("a transaction that fills the buffer is sent in parts and committed as one while that is not too much", async () => {
  const context = openExactlyOnce();
  await feed(context, rows("z"), commit(5), ...many(6));
  await settle();
  expect(context.producer.log).toEqual(["z 0 1 2 3 4"]);
  await feed(context, commit(10));
  context.destination.idle();
  await settle();
  expect(context.producer.log).toEqual(["z 0 1 2 3 4", "5 @10", "commit"]);
  expect(context.closed).toEqual([5, 10]);
});

test("one that is larger than the limit is committed in parts that leave the checkpoint before it", async () => {
  const context = openExactlyOnce();
  await feed(context, rows("z"), commit(5));
  await feed(context, ...many(18));
  await feed(context, commit(10));
  context.destination.idle();
  await settle();
  expect(context.producer.log).toEqual([
    "z 0 1 2 3 4",
    "5 6 7 8 9 10 @5",
    "commit",
    "11 12 13 14 15 16",
    "17 @10",
    "commit",
  ]);
  expect(context.closed).toEqual([5, 10]);
});

test("a transaction that ends just where a part was sent is committed all the same", async () => {
  const context = openExactlyOnce();
  await feed(context, ...many(6));
  await settle();
  await feed(context, commit(10));
  await settle();
  expect(context.producer.log).toEqual(["0 1 2 3 4 5", "@10", "commit"]);
  expect(context.closed).toEqual([10]);
});

test("reading waits while one buffer is full and the other is being sent", async () => {
  const context = openAtLeastOnce();
  context.producer.hold();
  await feed(context, ...many(11));
  const full = context.destination.take(rows("11"));
  expect(full).toBeInstanceOf(Promise);
  let isThrough = false;
  void full!.then(() => (isThrough = true));
  await settle();
  expect(isThrough).toBe(false);
  context.producer.release();
  await full;
  expect(context.producer.log[0]).toBe("0 1 2 3 4 5");
});

test("positions without records close at once and move the checkpoint only when it is asked for", async () => {
  const context = openExactlyOnce();
  await context.destination.drain();
  expect(context.producer.log).toEqual(["@4", "commit"]);
  await feed(context, heartbeat(10), heartbeat(20));
  context.destination.idle();
  await settle();
  expect(context.closed).toEqual([10, 20]);
  expect(context.producer.log).toHaveLength(2);
  await context.destination.saveCheckpoint();
  await context.destination.saveCheckpoint();
  await feed(context, heartbeat(20));
  await context.destination.saveCheckpoint();
  expect(context.producer.log.slice(2)).toEqual(["@20", "commit"]);
});

test("a drain gives up a transaction whose end was not read, and what waits with it", async () => {
  const context = openExactlyOnce();
  await feed(context, rows("a"), commit(10));
  context.destination.idle();
  await settle();
  await feed(context, rows("b"), commit(20), rows("c"));
  await context.destination.drain();
  expect(context.producer.log).toEqual(["a @10", "commit"]);
  expect(context.closed).toEqual([10]);
});

test("at least once, everything taken is sent whether transactions end or not", async () => {
  const context = openAtLeastOnce();
  await feed(context, rows("a"), commit(10), rows("b"));
  context.destination.idle();
  await settle();
  expect(context.producer.log).toEqual(["a b"]);
  expect(context.closed).toEqual([10]);
  await feed(context, rows("c"));
  await context.destination.drain();
  expect(context.producer.log).toEqual(["a b", "c"]);
});

test("a failure is told once, and every later call rejects with it", async () => {
  const context = openAtLeastOnce();
  context.producer.failure = new Error("fenced");
  await feed(context, rows("a"), commit(10));
  context.destination.idle();
  await settle();
  expect(context.failures).toEqual([context.producer.failure]);
  expect(() => context.destination.take(rows("b"))).toThrow("fenced");
  await expect(context.destination.drain()).rejects.toThrow("fenced");
  expect(context.closed).toEqual([]);
});

test("rows that no record can hold are told before the transaction that they are of is closed", async () => {
  const context = openExactlyOnce();
  await feed(context, rows("big"), commit(10));
  expect(context.gaps).toEqual(["KAFKA_RECORD_TOO_LARGE"]);
});

test("small transactions are never parted: from half a buffer on, reading waits where one ends", async () => {
  const context = openExactlyOnce();
  context.producer.hold();
  await feed(context, ...many(3), commit(10), ...many(3));
  let isThrough = false;
  const end = context.destination.mark(commit(20))!.then(() => (isThrough = true));
  await settle();
  expect(isThrough).toBe(false);
  context.producer.release();
  await end;
  await settle();
  expect(context.producer.log).toEqual(["0 1 2 @10", "commit", "0 1 2 @20", "commit"]);
  expect(context.closed).toEqual([10, 20]);
});

test("the end of a transaction that was parted is committed before the next one is taken", async () => {
  const context = openExactlyOnce();
  context.producer.hold();
  await feed(context, ...many(7));
  const end = context.destination.mark(commit(10));
  expect(end).toBeInstanceOf(Promise);
  context.producer.release();
  await end;
  await settle();
  expect(context.producer.log).toEqual(["0 1 2 3 4 5", "6 @10", "commit"]);
});
