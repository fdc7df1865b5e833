import { Reader, Writer, type Connection } from "@platformatic/kafka";
import { expect, test } from "vitest";
import { systemClock, type Clock } from "../core/clock.ts";
import { TailraceError } from "../core/errors.ts";
import type { RecordTopic } from "../core/record.ts";
import { AnswerReader } from "./answer-reader.ts";
import { BATCH } from "./batch-layout.ts";
import type { KafkaCall } from "./call.ts";
import type { KafkaConnections } from "./connections.ts";
import { PartitionWriter } from "./partition-writer.ts";
import { RecordBatches } from "./record-batches.ts";

/** A batch that reached a broker. */
interface Arrival {
  readonly node: number;
  readonly partition: number;
  readonly sequence: number;
  readonly records: number;
}

/** Brokers of one topic, `t`, which say of each batch what `judge` says: an error code, or `lost` for a connection that breaks. */
class FakeBrokers {
  readonly arrivals: Arrival[] = [];
  readonly requests: number[] = [];
  readonly leaders: number[];
  forgotten = 0;
  readonly #judge: (arrival: Arrival, index: number) => number | "lost";

  constructor(leaders: number[], judge: (arrival: Arrival, index: number) => number | "lost") {
    this.leaders = leaders;
    this.#judge = judge;
  }

  metadata(): Promise<ReadonlyMap<string, unknown>> {
    const partitions = this.leaders.map((leader) => ({ leader, leaderEpoch: 0 }));
    return Promise.resolve(new Map([["t", { name: "t", id: "", partitions }]]));
  }

  forgetTopic(): void {
    this.forgotten += 1;
  }

  request({ node }: { readonly node: number }, call: KafkaCall<unknown>): Promise<unknown> {
    const connection = { send: this.#answer.bind(this, node) } as unknown as Connection;
    return new Promise((resolve, reject) => {
      call.send(connection, 9, (error, answer) =>
        error === null ? resolve(answer) : reject(error),
      );
    });
  }

  #answer(node: number, ...[, , create, parse, , , done]: Parameters<Connection["send"]>): void {
    const batches = readRequest((create() as Writer).buffer, node);
    this.requests.push(batches.length);
    const codes = batches.map((arrival) => {
      this.arrivals.push(arrival);
      return this.#judge(arrival, this.arrivals.length - 1);
    });
    if (codes.includes("lost")) {
      done(new TailraceError("KAFKA_UNREACHABLE", "connection lost"));
      return;
    }
    const answer = Writer.create()
      .appendArray(["t"], (w) => {
        w.appendString("t").appendArray(batches, (each, { partition }, index) => {
          each.appendInt32(partition).appendInt16(codes[index] as number);
          each.appendInt64(0n).appendInt64(0n).appendInt64(0n);
          each.appendArray([], () => undefined).appendString(null);
        });
      })
      .appendInt32(0)
      .appendTaggedFields();
    done(null, parse(0, 0, 9, Reader.from(answer.buffer)));
  }
}

function readRequest(bytes: Buffer, node: number): Arrival[] {
  const reader = new AnswerReader(bytes);
  reader.view();
  reader.int16();
  reader.int32();
  const topics = reader.array(() => {
    reader.view();
    const batches = reader.array(() => {
      const partition = reader.int32();
      const batch = reader.view();
      reader.skipTags();
      const sequence = batch.readInt32BE(BATCH.baseSequence);
      return { node, partition, sequence, records: batch.readInt32BE(BATCH.recordCount) };
    });
    reader.skipTags();
    return batches;
  });
  return topics.flat();
}

/** Time passes by sleeping only. */
function sleepingClock(): Clock {
  let nowMs = 0;
  return {
    ...systemClock,
    now: () => nowMs,
    sleep: (ms) => {
      nowMs += ms;
      return Promise.resolve();
    },
  };
}

function openWriter(brokers: FakeBrokers): PartitionWriter {
  return new PartitionWriter(brokers as unknown as KafkaConnections, {
    identity: { id: 1n, epoch: 0 },
    transactionalId: null,
    limits: { clock: sleepingClock(), limitMs: 10_000, signal: new AbortController().signal },
  });
}

/** As many records for each partition, in batches of two. */
function batchesOf(counts: readonly number[]): ReturnType<RecordBatches["seal"]> {
  const topic: RecordTopic = { name: "t", partitions: counts.length, maxBatchBytes: 400 };
  const batches = new RecordBatches("none");
  for (const [partition, count] of counts.entries()) {
    for (let index = 0; index < count; index += 1) {
      const value = Buffer.alloc(100);
      const headers = Buffer.from([0]);
      batches.append(topic, partition, { key: null, value, headers, timestampMs: 1 });
    }
  }
  return batches.seal();
}

const sequencesOf = (brokers: FakeBrokers, partition: number): readonly number[] =>
  brokers.arrivals.filter((each) => each.partition === partition).map((each) => each.sequence);

test("batches of a partition go one after another, those of partitions with one leader together", async () => {
  const brokers = new FakeBrokers([1, 2, 1], () => 0);
  const writer = openWriter(brokers);
  await writer.write(batchesOf([4, 2, 4]));
  await writer.write(batchesOf([2, 0, 2]));
  expect(brokers.requests).toEqual([2, 1, 2, 2]);
  expect(sequencesOf(brokers, 0)).toEqual([0, 2, 4]);
  expect(sequencesOf(brokers, 1)).toEqual([0]);
  expect(brokers.arrivals.map(({ node, partition }) => `${partition} at ${node}`)).toEqual([
    "0 at 1",
    "2 at 1",
    "1 at 2",
    "0 at 1",
    "2 at 1",
    "0 at 1",
    "2 at 1",
  ]);
});

test("a batch is sent again with its numbers until it is taken, and the next ones wait for it", async () => {
  // NOT_LEADER_OR_FOLLOWER, a lost connection, REQUEST_TIMED_OUT
  const failures = [6, "lost", 7] as const;
  const brokers = new FakeBrokers([1], (_arrival, index) => failures[index] ?? 0);
  await openWriter(brokers).write(batchesOf([6]));
  expect(sequencesOf(brokers, 0)).toEqual([0, 0, 0, 0, 2, 4]);
  expect(brokers.forgotten).toBe(2);
});

test("a batch that the broker has already is taken", async () => {
  const brokers = new FakeBrokers([1], (_arrival, index) => (index === 0 ? "lost" : 46));
  await openWriter(brokers).write(batchesOf([2]));
  expect(sequencesOf(brokers, 0)).toEqual([0, 0]);
});

test("a partition that fails holds up itself only for the round", async () => {
  const brokers = new FakeBrokers([1, 1], ({ partition }, index) =>
    partition === 0 && index < 3 ? 6 : 0,
  );
  await openWriter(brokers).write(batchesOf([2, 6]));
  expect(sequencesOf(brokers, 0)).toEqual([0, 0, 0]);
  expect(sequencesOf(brokers, 1)).toEqual([0, 2, 4]);
});

test("a leader that changes gets what the old one refused", async () => {
  const brokers = new FakeBrokers([1], ({ node }) => {
    brokers.leaders[0] = 2;
    return node === 1 ? 6 : 0;
  });
  await openWriter(brokers).write(batchesOf([2]));
  expect(brokers.arrivals.map(({ node, sequence }) => [node, sequence])).toEqual([
    [1, 0],
    [2, 0],
  ]);
});

test("a partition without a leader is waited for, and given up after the limit", async () => {
  const brokers = new FakeBrokers([-1], () => 0);
  await expect(openWriter(brokers).write(batchesOf([2]))).rejects.toMatchObject({
    code: "KAFKA_REQUEST_FAILED",
    message: expect.stringContaining("LEADER_NOT_AVAILABLE") as string,
  });
  expect(brokers.arrivals).toEqual([]);
});

test.each([
  [47, "KAFKA_FENCED"], // INVALID_PRODUCER_EPOCH
  [45, "KAFKA_REQUEST_FAILED"], // OUT_OF_ORDER_SEQUENCE_NUMBER
  [29, "KAFKA_ACCESS_DENIED"], // TOPIC_AUTHORIZATION_FAILED
])("the broker's error %i ends the write at once with %s", async (number, code) => {
  const brokers = new FakeBrokers([1], () => number);
  await expect(openWriter(brokers).write(batchesOf([4]))).rejects.toMatchObject({
    code,
    message: expect.stringContaining("topic t, partition 0") as string,
  });
  expect(brokers.arrivals.length).toBe(1);
});
