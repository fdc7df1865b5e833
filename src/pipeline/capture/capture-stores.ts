import { join } from "node:path";
import type { CaptureConfig } from "../../config/config.ts";
import type { CheckpointStore } from "../../core/checkpoint.ts";
import type { DeadLetterStore } from "../../core/dead-letter.ts";
import { TailraceError } from "../../core/errors.ts";
import type { KafkaCluster, RecordProducer } from "../../core/kafka.ts";
import type { RecordTopic } from "../../core/record.ts";
import { openCluster } from "../../kafka/cluster.ts";
import { openDeadLetterTopic } from "../../kafka/dead-letter-topic.ts";
import { openProducer, type ProducerOptions } from "../../kafka/producer.ts";
import { openDeadLetterFile } from "../../sink/dead-letters-file.ts";
import { openCheckpointFile } from "../../state/checkpoint-file.ts";
import { CheckpointRecords, openCheckpointTopic } from "../../state/checkpoint-kafka.ts";
import type { OpenOptions } from "../stages.ts";

/** The Kafka side of a capture, open. */
export interface CaptureStores extends AsyncDisposable {
  readonly cluster: KafkaCluster;
  /** Of the changes. With `exactly_once` it has a transactional id, and whoever had it before is fenced. */
  readonly producer: RecordProducer;
  readonly checkpoints: CaptureCheckpoints;
  readonly deadLetters: DeadLetterStore;
}

/** Where a capture's checkpoint is kept: among the records of a transaction, or in a store of its own. */
export type CaptureCheckpoints =
  | { readonly kind: "transactional"; readonly records: CheckpointRecords }
  | { readonly kind: "separate"; readonly store: CheckpointStore };

/** How long checkpoints and dead letters are tried to be sent before that counts as a failure, ms; they are tried again then. */
const NOTE_TIMEOUT_MS = 10_000;

/** The broker's default. */
const DEFAULT_REPLICATION = -1;

/** Connects, fences a predecessor, and opens the stores that the configuration names, making their topics. Throws KAFKA_*, STATE_*. */
export async function openCaptureStores(
  config: CaptureConfig,
  { clock, logger }: Pick<OpenOptions, "clock" | "logger">,
): Promise<CaptureStores> {
  const { sink, state, deadLetters, name: pipeline } = config;
  await using resources = new AsyncDisposableStack();
  const connection = { ...sink.connection, clientId: `tailrace-${pipeline}` };
  const cluster = resources.use(await openCluster(connection));
  const open = (options: ProducerOptions): Promise<RecordProducer> =>
    openProducer(connection, { clock, ...options });
  const openNotes = (): Promise<RecordProducer> => open({ deliveryTimeoutMs: NOTE_TIMEOUT_MS });
  const topicOf = (topic: string): Promise<RecordTopic> =>
    openCompactedTopic(cluster, topic, sink.createTopics?.replication ?? DEFAULT_REPLICATION);

  const openCheckpoints = async (): Promise<CaptureCheckpoints> => {
    if (state.type === "file") {
      const store = await openCheckpointFile({ folder: state.path, pipeline });
      return { kind: "separate", store: resources.use(store) };
    }
    const records = new CheckpointRecords({ cluster, topic: await topicOf(state.topic), pipeline });
    if (isExactlyOnce) return { kind: "transactional", records };
    const store = openCheckpointTopic({ records, pipeline, openProducer: openNotes });
    return { kind: "separate", store: resources.use(store) };
  };
  const isExactlyOnce = sink.delivery === "exactly_once";
  const producer = resources.use(
    await open({
      compression: sink.compression,
      ...(isExactlyOnce && { transactionalId: transactionalId(pipeline) }),
    }),
  );
  const checkpoints = await openCheckpoints();
  const letters = resources.use(
    deadLetters.type === "kafka"
      ? openDeadLetterTopic({ topic: await topicOf(deadLetters.topic), openProducer: openNotes })
      : openDeadLetterFile(join(deadLetters.path, `${pipeline}.dead-letters.ndjson`)),
  );
  logger.debug({ delivery: sink.delivery }, "connected to Kafka");
  const held = resources.move();
  return {
    cluster,
    producer,
    checkpoints,
    deadLetters: letters,
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

/** The transactional id of a capture: the same for all processes of one pipeline, so that the newest fences the others. */
export function transactionalId(pipeline: string): string {
  return `tailrace-${pipeline}`;
}

/** A topic of one partition that keeps the last record of each key, made when it is missing. Throws KAFKA_TOPIC_UNUSABLE when records in it expire. */
async function openCompactedTopic(
  cluster: KafkaCluster,
  name: string,
  replication: number,
): Promise<RecordTopic> {
  const describe = async () => (await cluster.describeTopics([name])).get(name);
  let topic = await describe();
  if (topic === undefined) {
    await cluster.createTopic(name, { partitions: 1, replication, compacted: true });
    topic = await describe();
  }
  if (topic === undefined)
    throw new TailraceError(
      "KAFKA_REQUEST_FAILED",
      `The topic ${name} was created and is not known to the cluster yet.`,
    );
  if (topic.isCompacted === false)
    throw new TailraceError(
      "KAFKA_TOPIC_UNUSABLE",
      `Records of the topic ${name} expire: set its cleanup.policy to compact.`,
    );
  return topic;
}
