import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestBroker, type TestBroker } from "../support/kafka-broker.ts";
import { openTestMember, type TestMember } from "../support/kafka-member.ts";
import { openTestTopic } from "../support/kafka-topic.ts";
import { until } from "../support/until.ts";

const PROTOCOLS = ["classic", "consumer"] as const;
const SESSION_MS = 1500;

/** One broker for all tests of this file: its start takes seconds. Its sessions may be short. */
let broker: TestBroker;

beforeAll(async () => {
  broker = await startTestBroker({
    "group.min.session.timeout.ms": 500,
    "group.consumer.min.session.timeout.ms": 500,
    "group.consumer.session.timeout.ms": SESSION_MS,
    "group.consumer.min.heartbeat.interval.ms": 100,
    "group.consumer.heartbeat.interval.ms": 200,
  });
});

afterAll(async () => {
  await broker[Symbol.asyncDispose]();
});

function optionsFor(topic: string, groupProtocol: "classic" | "consumer") {
  return {
    brokers: [broker.url],
    topics: [topic],
    group: topic,
    groupProtocol,
    sessionTimeoutMs: SESSION_MS,
    heartbeatIntervalMs: 200,
  };
}

function timeOf(member: TestMember, what: string): number {
  return member.events.find((event) => event.what === what)?.atMs ?? Number.NaN;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

test.concurrent.for(PROTOCOLS)(
  "%s: a revocation may take longer than the session, heartbeats go on meanwhile",
  async (groupProtocol) => {
    await using topic = await openTestTopic(2, broker.url);
    const options = optionsFor(topic.name, groupProtocol);
    await using a = await openTestMember({ ...options, drain: () => pause(2 * SESSION_MS) });
    await until("one reads all", () => a.partitions().length === 2);
    await using b = await openTestMember(options);
    await until("both read", () => b.partitions().length === 1);
    expect(a.events.map(({ what }) => what.split(" ")[0])).toEqual([
      "assigned",
      "revoking",
      "revoked",
    ]);
    expect(a.warnings).toEqual([]);
  },
);

test.for(PROTOCOLS)(
  "%s: who cannot reach the brokers for the session's time has lost its partitions before others begin them, and comes back",
  async (groupProtocol) => {
    await using topic = await openTestTopic(2, broker.url);
    const options = optionsFor(topic.name, groupProtocol);
    await using a = await openTestMember({ ...options, brokers: [broker.proxiedUrl] });
    await until("one reads all", () => a.partitions().length === 2);
    await using b = await openTestMember(options);
    await until("both read", () => b.partitions().length === 1);
    const [own] = a.partitions() as [number];
    broker.proxy.stall();
    await until("it is not connected", () => !a.consumer.isConnected);
    await until("the other reads all", () => b.partitions().length === 2);
    const lostMs = timeOf(a, `lost ${own}`);
    const gainedMs = timeOf(b, `assigned ${own}`);
    expect(lostMs).toBeLessThan(gainedMs);
    await expect(
      a.consumer.commit([{ topic: topic.name, partition: own, offset: 0 }]),
    ).rejects.toMatchObject({ code: "KAFKA_PARTITIONS_LOST" });
    broker.proxy.resume();
    await until("it is back", () => a.partitions().length === 1 && a.consumer.isConnected);
    await until("the other has made room", () => b.partitions().length === 1);
    expect(a.warnings).toContain("lost membership of the consumer group");
  },
);

test.concurrent.for(PROTOCOLS)(
  "%s: a static member that comes back finds its partitions, and nobody else is disturbed",
  async (groupProtocol) => {
    await using topic = await openTestTopic(4, broker.url);
    const options = { ...optionsFor(topic.name, groupProtocol), sessionTimeoutMs: 10_000 };
    await using b = await openTestMember({ ...options, instanceId: "b" });
    let before: readonly number[];
    {
      await using first = await openTestMember({ ...options, instanceId: "a" });
      await until("both read", () => first.partitions().length === 2);
      await until("both read", () => b.partitions().length === 2);
      before = first.partitions();
    }
    const events = b.events.length;
    await using again = await openTestMember({ ...options, instanceId: "a" });
    await until("it reads", () => again.partitions().length === 2);
    expect(new Set(again.partitions())).toEqual(new Set(before));
    expect(b.events).toHaveLength(events);
  },
);

test.concurrent("classic: a static member whose name another process takes has lost its partitions", async () => {
  await using topic = await openTestTopic(1, broker.url);
  const options = {
    ...optionsFor(topic.name, "classic"),
    instanceId: "a",
    sessionTimeoutMs: 10_000,
  };
  await using first = await openTestMember(options);
  await until("it reads", () => first.partitions().length === 1);
  await using second = await openTestMember(options);
  await until("the other reads", () => second.partitions().length === 1);
  await until("it knows", () => Number.isFinite(timeOf(first, "lost 0")));
  expect(first.warnings).toContain("another process has taken this instance id");
});

test.concurrent("consumer: a second process with a static member's name waits until the first has gone", async () => {
  await using topic = await openTestTopic(1, broker.url);
  const options = { ...optionsFor(topic.name, "consumer"), instanceId: "a" };
  const first = await openTestMember(options);
  await until("it reads", () => first.partitions().length === 1);
  await using second = await openTestMember(options);
  await until("it waits", () => second.warnings.length > 0);
  expect(second.partitions()).toEqual([]);
  expect(first.partitions()).toEqual([0]);
  await first[Symbol.asyncDispose]();
  await until("it reads", () => second.partitions().length === 1);
  expect(new Set(second.warnings)).toEqual(new Set(["another process has this instance id"]));
});

test("a broker that goes and comes back is read on, and commits wait for it", async () => {
  await using stack = new AsyncDisposableStack();
  const members = await Promise.all(
    PROTOCOLS.map(async (protocol) => {
      const topic = stack.use(await openTestTopic(2, broker.url));
      const options = { ...optionsFor(topic.name, protocol), sessionTimeoutMs: 40_000 };
      const member = stack.use(await openTestMember(options));
      for (const partition of [0, 1]) await topic.produce(partition, ["before"]);
      await until("it reads", () => member.taken.length === 2);
      return { topic, member };
    }),
  );
  await broker.kill();
  await until(
    "it is not connected",
    () => !members.some(({ member }) => member.consumer.isConnected),
  );
  const committed = Promise.all(members.map(({ member }) => member.commit()));
  await broker.start({ "group.consumer.session.timeout.ms": 45_000 });
  await committed;
  for (const { topic, member } of members) {
    for (const partition of [0, 1]) await topic.produce(partition, ["after"]);
    await until("it reads on", () => member.taken.length >= 4);
    await until("it is connected", () => member.consumer.isConnected);
    expect(member.taken.map(({ value }) => value)).toEqual(["before", "before", "after", "after"]);
    expect(member.failure).toBeUndefined();
    expect(member.events).toHaveLength(1);
  }
});

test("closing takes no longer than seconds when no broker answers", async () => {
  await using topic = await openTestTopic(1, broker.url);
  const options = { ...optionsFor(topic.name, "classic"), brokers: [broker.proxiedUrl] };
  const member = await openTestMember({ ...options, sessionTimeoutMs: 30_000 });
  await until("it reads", () => member.partitions().length === 1);
  broker.proxy.stall();
  try {
    const startMs = performance.now();
    await member[Symbol.asyncDispose]();
    expect(performance.now() - startMs).toBeLessThan(5000);
  } finally {
    broker.proxy.resume();
  }
});
