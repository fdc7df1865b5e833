import { expect, test } from "vitest";
import { openTestMember, type TakenRecord, type TestMember } from "../support/kafka-member.ts";
import { openTestTopic, type TestTopic } from "../support/kafka-topic.ts";
import { until } from "../support/until.ts";

const PROTOCOLS = ["classic", "consumer"] as const;

function numbers(count: number, first = 0): string[] {
  return Array.from({ length: count }, (_, i) => String(first + i));
}

/** Sends numbered records to all partitions until `stop` is called, which resolves with how many each partition has. */
function produceOn(topic: TestTopic, partitions: number): { stop(): Promise<number> } {
  const stopping = new AbortController();
  let count = 0;
  const run = async (): Promise<void> => {
    for (; !stopping.signal.aborted; count += 10) {
      for (let partition = 0; partition < partitions; partition += 1) {
        await topic.produce(partition, numbers(10, count));
      }
    }
  };
  const running = run();
  return {
    stop: async () => {
      stopping.abort();
      await running;
      return count;
    },
  };
}

function expectEachOnceInOrder(
  members: readonly TestMember[],
  partitions: number,
  count: number,
): void {
  for (const member of members) {
    expect(member.failure).toBeUndefined();
    expect(member.warnings).toEqual([]);
  }
  for (let partition = 0; partition < partitions; partition += 1) {
    const values = members
      .flatMap(({ taken }) => taken.filter((record) => record.partition === partition))
      .map(({ value }) => Number(value));
    expect(values.toSorted((a, b) => a - b)).toEqual(numbers(count).map(Number));
    for (const { taken } of members) {
      const own = taken
        .filter((record) => record.partition === partition)
        .map(({ offset }) => offset);
      expect(own).toEqual(own.toSorted((a, b) => a - b));
    }
  }
}

function spread(members: readonly TestMember[]): readonly number[] {
  return members.map((member) => member.partitions().length);
}

test.for(PROTOCOLS)(
  "%s: members join and leave under load, and every record is handed out once and in order",
  async (groupProtocol) => {
    await using topic = await openTestTopic(6);
    const options = {
      brokers: topic.brokers,
      topics: [topic.name],
      group: topic.name,
      groupProtocol,
    };
    const load = produceOn(topic, 6);
    await using a = await openTestMember(options);
    await until("one reads all", () => a.partitions().length === 6);
    await using b = await openTestMember(options);
    await until("two share", () => spread([a, b]).join() === "3,3");
    await using c = await openTestMember(options);
    await until("three share", () => spread([a, b, c]).join() === "2,2,2");
    await a.leave();
    await until("two are left", () => spread([b, c]).join() === "3,3");
    await b.leave();
    await until("one is left", () => c.partitions().length === 6);
    const count = await load.stop();
    const total = (): number => [a, b, c].reduce((sum, { taken }) => sum + taken.length, 0);
    await until("all is read", () => total() >= 6 * count);
    expectEachOnceInOrder([a, b, c], 6, count);
    const positions = c.consumer.assignment().map(({ position, end }) => [position, end]);
    await c.commit();
    expect(positions).toEqual(Array.from({ length: 6 }, () => [count, count]));
    expect(c.consumer.isConnected).toBe(true);
  },
);

test.for(PROTOCOLS)(
  "%s: partitions begin elsewhere only when their revocation has been waited for, and what stays is read on",
  async (groupProtocol) => {
    await using topic = await openTestTopic(2);
    const options = {
      brokers: topic.brokers,
      topics: [topic.name],
      group: topic.name,
      groupProtocol,
    };
    const drained = Promise.withResolvers<void>();
    await using a = await openTestMember({ ...options, drain: () => drained.promise });
    await until("one reads all", () => a.partitions().length === 2);
    await using b = await openTestMember(options);
    await until("one partition is being given up", () => a.partitions().length === 1);
    const [kept] = a.partitions() as [number];
    for (const partition of [0, 1]) await topic.produce(partition, ["x"]);
    await until("what stays is read", () => a.taken.length === 1);
    expect(a.taken).toMatchObject([{ partition: kept, value: "x" }]);
    expect(b.events).toEqual([]);
    drained.resolve();
    await until("what goes is read by the other", () => b.taken.length === 1);
    expect(b.taken).toMatchObject([{ partition: 1 - kept, value: "x" }]);
    const given = a.events.find(({ what }) => what === `revoked ${1 - kept}`);
    expect(b.events[0]?.atMs).toBeGreaterThan(given?.atMs ?? Infinity);
  },
);

test.for(PROTOCOLS)(
  "%s: what is committed is where the next member begins",
  async (groupProtocol) => {
    await using topic = await openTestTopic(1);
    const options = {
      brokers: topic.brokers,
      topics: [topic.name],
      group: topic.name,
      groupProtocol,
    };
    await topic.produce(0, numbers(10));
    {
      await using first = await openTestMember(options);
      await until("all is read", () => first.taken.length === 10);
      await first.consumer.commit([{ topic: topic.name, partition: 0, offset: 7 }]);
      await expect(
        first.consumer.commit([{ topic: topic.name, partition: 1, offset: 7 }]),
      ).rejects.toMatchObject({ code: "KAFKA_PARTITIONS_LOST" });
    }
    await using second = await openTestMember(options);
    await until("the rest is read", () => second.taken.length === 3);
    expect(second.taken.map(({ offset }) => offset)).toEqual([7, 8, 9]);
  },
);

test.for(PROTOCOLS)("%s: partitions that are added are read", async (groupProtocol) => {
  await using topic = await openTestTopic(1);
  const options = {
    brokers: topic.brokers,
    topics: [topic.name],
    group: topic.name,
    groupProtocol,
  };
  await using a = await openTestMember({ ...options, metadataMaxAgeMs: 200 });
  await using b = await openTestMember({ ...options, metadataMaxAgeMs: 200 });
  await until("one reads", () => spread([a, b]).includes(1));
  await topic.addPartitions(4);
  await until("both read", () => spread([a, b]).join() === "2,2");
  expect([...a.warnings, ...b.warnings]).toEqual([]);
});

test("a group goes over to the other protocol member by member", async () => {
  await using topic = await openTestTopic(4);
  const options = { brokers: topic.brokers, topics: [topic.name], group: topic.name };
  await using old = await openTestMember({ ...options, groupProtocol: "classic" });
  await until("one reads all", () => old.partitions().length === 4);
  await using automatic = await openTestMember({ ...options, groupProtocol: "auto" });
  await until("two share", () => spread([old, automatic]).join() === "2,2");
  await using young = await openTestMember({ ...options, groupProtocol: "consumer" });
  await until("three share", () => !spread([old, automatic, young]).includes(0));
  await old.leave();
  await automatic.leave();
  await until("one is left", () => young.partitions().length === 4);
  expectEachOnceInOrder([old, automatic, young], 4, 0);
});

test.for(PROTOCOLS)("%s: a topic that is made later is read", async (groupProtocol) => {
  await using topic = await openTestTopic(1);
  await using later = await openTestTopic(1);
  await later.remove();
  const options = { brokers: topic.brokers, group: topic.name, groupProtocol };
  await using member = await openTestMember({ ...options, topics: [topic.name, later.name] });
  await until("what is there is read", () => member.partitions().length === 1);
  await later.create();
  await until("what has come is read", () => member.partitions().length === 2);
  expect(member.failure).toBeUndefined();
});

test.for(PROTOCOLS)(
  "%s: a topic that is subscribed to later is read, without anything being given up",
  async (groupProtocol) => {
    await using topic = await openTestTopic(2);
    await using more = await openTestTopic(1);
    const options = { brokers: topic.brokers, group: topic.name, groupProtocol };
    await using member = await openTestMember({ ...options, topics: [topic.name] });
    await until("what is there is read", () => member.partitions().length === 2);
    member.consumer.subscribe([more.name]);
    await until("what has come is read", () => member.partitions().length === 3);
    expect(member.events.filter(({ what }) => !what.startsWith("assigned"))).toEqual([]);
    expect(member.failure).toBeUndefined();
  },
);

test("records of aborted transactions are never seen, of committed ones when they are committed", async () => {
  await using topic = await openTestTopic(1);
  await topic.produceTransaction(0, ["a1", "a2"], "abort");
  await topic.produceTransaction(0, ["c1"], "commit");
  await topic.produceTransaction(0, ["a3"], "abort");
  await topic.produce(0, ["p"], { timestampMs: 1_700_000_000_123 });
  await topic.produceTransaction(0, ["a4"], "abort");
  await using member = await openTestMember({
    brokers: topic.brokers,
    topics: [topic.name],
    group: topic.name,
  });
  await until("the end is reached", () => {
    const [state] = member.consumer.assignment();
    return state !== undefined && state.end > 0 && state.position === state.end;
  });
  expect(member.taken.map(({ value }) => value)).toEqual(["c1", "p"]);
  expect(member.taken[1]?.timestampMs).toBe(1_700_000_000_123);
});

test("an offset before the first record is an error, not another start", async () => {
  await using topic = await openTestTopic(1);
  await topic.produce(0, numbers(20));
  await topic.deleteRecords(0, 10);
  await using member = await openTestMember({
    brokers: topic.brokers,
    topics: [topic.name],
    group: topic.name,
    begin: 9,
  });
  await until("it fails", () => member.failure !== undefined);
  expect(member.failure).toMatchObject({ code: "KAFKA_OFFSET_LOST" });
  expect(member.taken).toEqual([]);
  expect(String(member.failure)).toContain(`topic ${topic.name}, partition 0: offset 9`);
});

test.for(PROTOCOLS)("%s: a topic that is made anew is an error", async (groupProtocol) => {
  await using topic = await openTestTopic(2);
  await topic.produce(0, ["x"]);
  await using member = await openTestMember({
    brokers: topic.brokers,
    topics: [topic.name],
    group: topic.name,
    groupProtocol,
  });
  await until("it is read", () => member.taken.length === 1);
  await topic.remove();
  await topic.create();
  await until("it fails", () => member.failure !== undefined);
  expect(member.failure).toMatchObject({ code: "KAFKA_TOPIC_RECREATED" });
});

test("records larger than what is fetched at a time come, in turn with those of other partitions", async () => {
  await using topic = await openTestTopic(3);
  const large = "L".repeat(200_000);
  await topic.produce(0, [large, large]);
  for (const partition of [1, 2]) {
    for (let i = 0; i < 5; i += 1) await topic.produce(partition, Array(5).fill("s".repeat(1000)));
  }
  await using member = await openTestMember({
    brokers: topic.brokers,
    topics: [topic.name],
    group: topic.name,
    maxFetchBytes: 10_000,
  });
  await until("all is read", () => member.taken.length === 52);
  expect(member.taken.filter(({ value }) => value === large)).toHaveLength(2);
});

test("what is read is what was written, while buffers are used again and partitions go", async () => {
  await using topic = await openTestTopic(4);
  const valueOf = (partition: number, i: number): string =>
    `${partition}/${i} `.repeat(50 + ((i * 37) % 150));
  for (let partition = 0; partition < 4; partition += 1) {
    for (let first = 0; first < 1200; first += 200) {
      await topic.produce(
        partition,
        Array.from({ length: 200 }, (_, i) => valueOf(partition, first + i)),
      );
    }
  }
  const options = { brokers: topic.brokers, topics: [topic.name], group: topic.name };
  await using a = await openTestMember({ ...options, maxFetchBytes: 1_000_000 });
  await until("one is reading", () => a.taken.length > 500);
  await using b = await openTestMember({ ...options, maxFetchBytes: 1_000_000 });
  await until("two share", () => spread([a, b]).join() === "2,2");
  const taken = (): readonly TakenRecord[] => [...a.taken, ...b.taken];
  await until("all is read", () => taken().length >= 4800);
  const wrong = taken().filter(
    ({ partition, offset, value }) => value !== valueOf(partition, offset),
  );
  expect(wrong).toEqual([]);
  expect(taken()).toHaveLength(4800);
});
