import { ConfigResourceTypes, describeConfigsV4, metadataV12 } from "@platformatic/kafka";
import { asTailraceError } from "../core/errors.ts";
import type { Finding } from "../core/finding.ts";
import { checkedCall } from "./call.ts";
import type { KafkaConnections } from "./connections.ts";
import { refusalOf } from "./translate-error.ts";

type Metadata = ReturnType<typeof metadataV12.parseResponse>["topics"][number];

/** A topic that a run would write, and how it would be created; `create` absent = it must exist. */
export interface WantedTopic {
  readonly name: string;
  readonly create?: { readonly partitions: number; readonly replication: number } | undefined;
  /** The last record of each key must be kept for ever. */
  readonly compacted: boolean;
}

/** How many brokers there are, and of the topics those that exist. A topic that we may not see is one of them, with its error code. */
export interface DescribedTopics {
  readonly brokers: number;
  readonly topics: ReadonlyMap<string, Metadata>;
}

/** UNKNOWN_TOPIC_OR_PARTITION. */
const MISSING = 3;
/** What `topic_authorized_operations` is when the broker does not tell. */
const UNTOLD = -2_147_483_648;
/** org.apache.kafka.common.acl.AclOperation.WRITE. */
const WRITE = 4;

/** Below so many bytes a batch may be too small for ordinary rows. */
const SMALL_LIMIT = 64 * 1024;

/** Asks the cluster for the topics, with what we may do with them. Creates none. Throws KAFKA_*. */
export async function describeTopicsForCheck(
  connections: KafkaConnections,
  names: readonly string[],
): Promise<DescribedTopics> {
  const call = checkedCall(metadataV12.api, [...names], false, true);
  const answer = await connections.request("any", call);
  const existing = answer.topics.filter((topic) => topic.errorCode !== MISSING);
  return {
    brokers: answer.brokers.length,
    topics: new Map(existing.map((topic) => [topic.name ?? "", topic])),
  };
}

/** Whether an existing topic may be written and is set up for what it is used for. */
export async function checkTopic(
  connections: KafkaConnections,
  {
    topic,
    metadata,
    brokers,
  }: { readonly topic: WantedTopic; readonly metadata: Metadata; readonly brokers: number },
): Promise<readonly Finding[]> {
  const check = `topic ${topic.name}`;
  const operations = metadata.topicAuthorizedOperations;
  if (metadata.errorCode !== 0) {
    const { message, remedy } = refusalOf(metadata.errorCode, check);
    return [{ severity: "error", check, message, remedy }];
  }
  if (operations !== UNTOLD && (operations & (1 << WRITE)) === 0) {
    return [
      {
        severity: "error",
        check,
        message: "we may not write to it",
        remedy: `Allow it: kafka-acls --add --allow-principal User:… --producer --topic ${topic.name}`,
      },
    ];
  }
  const replicas = Math.min(...metadata.partitions.map((each) => each.replicaNodes.length));
  const safety: readonly Finding[] =
    replicas > 1 || brokers === 1
      ? []
      : [
          {
            severity: "warning",
            check,
            message: `is kept by one of ${brokers} brokers only: its loss would be the records'`,
            remedy: "Give the topic more replicas (kafka-reassign-partitions).",
          },
        ];
  return [...safety, ...(await checkSettings(connections, topic, metadata.partitions.length))];
}

async function checkSettings(
  connections: KafkaConnections,
  { name, compacted }: WantedTopic,
  partitions: number,
): Promise<readonly Finding[]> {
  const check = `topic ${name}`;
  const count = partitions === 1 ? "1 partition" : `${partitions} partitions`;
  let settings: ReadonlyMap<string, string | null>;
  try {
    settings = await readSettings(connections, name);
  } catch (error) {
    const { message } = asTailraceError(error);
    const remedy = "Allow the operation DescribeConfigs on the topic, or look at them yourself.";
    const text = `${count}; its settings cannot be read: ${message}`;
    return [{ severity: "warning", check, message: text, remedy }];
  }
  const policy = settings.get("cleanup.policy") ?? "";
  const alter = `kafka-configs --alter --topic ${name} --add-config cleanup.policy`;
  if (compacted && policy !== "compact") {
    return [
      {
        severity: "error",
        check,
        message: `has cleanup.policy=${policy}: what it keeps would expire`,
        remedy: `${alter}=compact`,
      },
    ];
  }
  const limit = settings.get("max.message.bytes");
  const message = `${count}, batches of up to ${limit ?? "?"} bytes`;
  if (!compacted && policy.includes("compact")) {
    return [
      {
        severity: "warning",
        check,
        message: `${message}, cleanup.policy=${policy}: a reader that is behind will miss changes that were compacted away`,
        remedy: `${alter}=delete`,
      },
    ];
  }
  if (!compacted && Number(limit ?? SMALL_LIMIT) < SMALL_LIMIT) {
    return [
      {
        severity: "warning",
        check,
        message: `${message}: rows that are larger are sent as their key only, and read again from the source by those who know how`,
        remedy: `kafka-configs --alter --topic ${name} --add-config max.message.bytes=1048588`,
      },
    ];
  }
  return [{ severity: "ok", check, message }];
}

async function readSettings(
  connections: KafkaConnections,
  name: string,
): Promise<ReadonlyMap<string, string | null>> {
  const keys = ["max.message.bytes", "cleanup.policy"];
  const resource = {
    resourceType: ConfigResourceTypes.TOPIC,
    resourceName: name,
    configurationKeys: keys,
  };
  const call = checkedCall(describeConfigsV4.api, [resource], false, false);
  const answer = await connections.request("any", call);
  const [result] = answer.results;
  if (result !== undefined && result.errorCode !== 0) {
    throw refusalOf(result.errorCode, name, result.errorMessage);
  }
  return new Map(result?.configs.map((config) => [config.name, config.value ?? null]));
}
