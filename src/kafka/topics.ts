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
const COMPRESSION_TYPE = "compression.type";
const AS_PRODUCED = "producer";
/** Kafka's default, assumed where we may not read a topic's settings: 1 MiB and a batch's overhead. */
const DEFAULT_MAX_BYTES = 1024 * 1024 + 12;

interface SettingsAnswer {
  readonly configs: readonly {
    readonly name: string;
    readonly value?: string | null | undefined;
  }[];
}

const UNKNOWN: SettingsAnswer = { configs: [] };

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
    configurationKeys: [MAX_MESSAGE_BYTES, COMPRESSION_TYPE],
  }));
  const answer = await connections.request("any", checkedCall(describeConfigsV4.api, resources));
  const settings = new Map(answer.results.map((each) => [each.resourceName, settingsOf(each)]));
  return new Map(
    found.map(({ name, id, partitions }) => [
      name,
      { name, id, partitions: partitions.length, ...(settings.get(name) ?? settingsOf(UNKNOWN)) },
    ]),
  );
}

function settingsOf({
  configs,
}: SettingsAnswer): Pick<TopicDescription, "maxBatchBytes" | "isRecompressed"> {
  const value = (name: string) => configs.find((config) => config.name === name)?.value;
  return {
    maxBatchBytes: Number(value(MAX_MESSAGE_BYTES) ?? DEFAULT_MAX_BYTES),
    isRecompressed: (value(COMPRESSION_TYPE) ?? AS_PRODUCED) !== AS_PRODUCED,
  };
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
