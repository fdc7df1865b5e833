import { TailraceError } from "../../core/errors.ts";
import type { KafkaCluster, TopicDescription } from "../../core/kafka.ts";
import type { OpenOptions } from "../stages.ts";
import { findTopics } from "./topic-watch.ts";

/** How often it is looked whether there is a topic to read, ms, and how many looks there are from one warning to the next. */
const AWAIT_INTERVAL_MS = 1_000;
const LOOKS_PER_WARNING = 60;

/** Waits until there is a topic to read: that a capture has not made one yet is nothing wrong, and is told once a minute. Throws KAFKA_TOPIC_AWAITED when the run ends before. */
export async function awaitTopics(
  cluster: KafkaCluster,
  wanted: readonly string[],
  { clock, logger, signal }: Pick<OpenOptions, "clock" | "logger" | "signal">,
): Promise<ReadonlyMap<string, TopicDescription>> {
  for (let looks = 0; ; looks += 1) {
    const found = await findTopics(cluster, wanted);
    if (found.size > 0) return found;
    const err = new TailraceError("KAFKA_TOPIC_AWAITED", `no topic ${wanted.join(", ")}`);
    if (signal.aborted) throw err;
    if (looks % LOOKS_PER_WARNING === 0) logger.warn({ err }, "waiting for topics");
    await clock.sleep(AWAIT_INTERVAL_MS, signal);
  }
}
