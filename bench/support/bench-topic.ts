import { randomBytes } from "node:crypto";
import { Admin } from "@platformatic/kafka";
import type { BenchTopic } from "./tailrace-config.ts";

const PARTITIONS = 12;

/** A topic of its own, deleted with this object, and so is one for checkpoints beside it (`…-state`), if there is one; tailrace creates them. */
export function openBenchTopic(brokers: string, name: string): BenchTopic & AsyncDisposable {
  const topic = `bench-${name}-${randomBytes(4).toString("hex")}`;
  return {
    brokers,
    topic,
    partitions: PARTITIONS,
    [Symbol.asyncDispose]: async () => {
      const admin = new Admin({ clientId: "bench", bootstrapBrokers: brokers.split(",") });
      try {
        const ours = (await admin.listTopics()).filter((each) => each.startsWith(topic));
        await admin.deleteTopics({ topics: ours });
      } finally {
        await admin.close();
      }
    },
  };
}
