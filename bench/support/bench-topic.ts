import { randomBytes } from "node:crypto";
import { Admin } from "@platformatic/kafka";
import type { BenchTopic } from "./tailrace-config.ts";

const PARTITIONS = 12;

/** A topic of its own, deleted with this object; tailrace creates it. */
export function openBenchTopic(brokers: string, name: string): BenchTopic & AsyncDisposable {
  const topic = `bench-${name}-${randomBytes(4).toString("hex")}`;
  return {
    brokers,
    topic,
    partitions: PARTITIONS,
    [Symbol.asyncDispose]: async () => {
      const admin = new Admin({ clientId: "bench", bootstrapBrokers: brokers.split(",") });
      try {
        await admin.deleteTopics({ topics: [topic] });
      } finally {
        await admin.close();
      }
    },
  };
}
