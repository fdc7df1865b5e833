import { expect, test } from "vitest";
import type { KafkaCluster, TopicDescription } from "../../core/kafka.ts";
import { awaitTopics } from "./await-topics.ts";

const ORDERS: TopicDescription = { name: "orders", id: "1", partitions: 3, maxBatchBytes: 1_000 };

/** A cluster in which the topic appears after so many seconds, and what is warned of until then. */
function open(appearsAfterS: number, stop = new AbortController()) {
  const warnings: (string | undefined)[] = [];
  let now = 0;
  const ignore = (): void => {};
  const cluster = {
    describeTopics: async () =>
      new Map(now >= appearsAfterS * 1_000 ? [[ORDERS.name, ORDERS]] : []),
  } as unknown as KafkaCluster;
  const options = {
    clock: {
      now: () => now,
      random: () => 0,
      sleep: async (ms: number) => {
        now += ms;
        if (now > 300_000) stop.abort();
      },
    },
    logger: {
      debug: ignore,
      info: ignore,
      error: ignore,
      warn: ({ err }: { err?: { code?: string } }) => void warnings.push(err?.code),
    },
    signal: stop.signal,
  };
  return { wait: () => awaitTopics(cluster, ["orders", "items"], options), warnings };
}

test("topics that are there are not waited for, and one of several is enough", async () => {
  const { wait, warnings } = open(0);
  expect([...(await wait()).keys()]).toEqual(["orders"]);
  expect(warnings).toEqual([]);
});

test("a topic is waited for as long as it takes, which is told once a minute", async () => {
  const { wait, warnings } = open(90);
  expect([...(await wait()).keys()]).toEqual(["orders"]);
  expect(warnings).toEqual(["KAFKA_TOPIC_AWAITED", "KAFKA_TOPIC_AWAITED"]);
});

test("a run that ends does not wait any longer", async () => {
  await expect(open(1_000).wait()).rejects.toMatchObject({ code: "KAFKA_TOPIC_AWAITED" });
});
