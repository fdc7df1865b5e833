import { ConfigResourceTypes, createTopicsV7, describeConfigsV4 } from "@platformatic/kafka";
import type { NewTopic, TopicDescription } from "../core/kafka.ts";
import { checkedCall } from "./call.ts";
import type { KafkaConnections } from "./connections.ts";
import { refusalOf } from "./translate-error.ts";

const CREATE_TIMEOUT_MS = 15_000;
/** Only segments that are no longer written to are compacted, and whoever looks for a key reads all of them: small ones keep that short. */
const COMPACTED = [
  { name: "cleanup.policy", value: "compact" },
  { name: "segment.bytes", value: String(16 * 1024 * 1024) },
  { name: "min.cleanable.dirty.ratio", value: "0.1" },
];
const TOPIC_ALREADY_EXISTS = 36;
const MAX_MESSAGE_BYTES = "max.message.bytes";
/** Kafka's default, assumed where we may not read a topic's settings: 1 MiB and a batch's overhead. */
const DEFAULT_MAX_BYTES = 1024 * 1024 + 12;

/** Asks anew what topics are like; missing ones are absent. Throws KAFKA_*. */
export async function describeTopics(
  connections: KafkaConnections,
  names: readonly string[],
): Promise<ReadonlyMap<string, TopicDescription>> {
  if (names.length === 0) return new Map();
  for (const name of names) connections.forgetTopic(name);
  const found = [...(await connections.metadata(names)).values()];
  if (found.length === 0) return new Map();
  const resources = found.map(({ name }) => ({
    resourceType: ConfigResourceTypes.TOPIC,
    resourceName: name,
    configurationKeys: [MAX_MESSAGE_BYTES],
  }));
  const answer = await connections.request("any", checkedCall(describeConfigsV4.api, resources));
  const limits = new Map(
    answer.results.map(({ resourceName, configs }) => [
      resourceName,
      Number(configs.find(({ name }) => name === MAX_MESSAGE_BYTES)?.value ?? DEFAULT_MAX_BYTES),
    ]),
  );
  return new Map(
    found.map(({ name, id, partitions }) => [
      name,
      {
        name,
        id,
        partitions: partitions.length,
        maxBatchBytes: limits.get(name) ?? DEFAULT_MAX_BYTES,
      },
    ]),
  );
}

/** Makes a topic; that it exists already is as good. Throws KAFKA_ACCESS_DENIED, KAFKA_TOPIC_UNUSABLE, KAFKA_TOPIC_MISSING for a name that cannot be. */
export async function createTopic(
  connections: KafkaConnections,
  name: string,
  options: NewTopic,
): Promise<void> {
  const topic = {
    name,
    numPartitions: options.partitions,
    replicationFactor: options.replication,
    assignments: [],
    configs: options.compacted ? COMPACTED : [],
  };
  const call = checkedCall(createTopicsV7.api, [topic], CREATE_TIMEOUT_MS, false);
  const { topics } = await connections.request("any", call);
  for (const { errorCode, errorMessage } of topics) {
    if (errorCode !== 0 && errorCode !== TOPIC_ALREADY_EXISTS) {
      throw refusalOf(errorCode, `create topic ${name}`, errorMessage);
    }
  }
  connections.forgetTopic(name);
}
