import type { Checkpoint, CheckpointStore } from "../core/checkpoint.ts";
import { asTailraceError, TailraceError } from "../core/errors.ts";
import type { KafkaCluster, RecordProducer } from "../core/kafka.ts";
import type { RecordTopic, RecordWriter } from "../core/record.ts";
import { parseCheckpoint } from "./parse-checkpoint.ts";

/** Whose checkpoints, and in which topic. */
export interface CheckpointRecordsOptions {
  /** Stays the caller's. */
  readonly cluster: KafkaCluster;
  /** Compacted; only its partition 0 is used. Several pipelines may share it. */
  readonly topic: RecordTopic;
  readonly pipeline: string;
}

const NO_HEADERS = Uint8Array.of(0);

/** A pipeline's checkpoints as records of a compacted topic: JSON, the key is the pipeline's name. */
export class CheckpointRecords {
  readonly #options: CheckpointRecordsOptions;
  readonly #key: Buffer;

  constructor(options: CheckpointRecordsOptions) {
    this.#options = options;
    this.#key = Buffer.from(options.pipeline);
  }

  /**
   * The last checkpoint of a committed transaction, null before the first. With a transactional producer, open that first: it ends what a predecessor
   * left open. Throws STATE_UNREADABLE, STATE_FOREIGN, KAFKA_*.
   */
  async load(): Promise<Checkpoint | null> {
    const { cluster, topic, pipeline } = this.#options;
    const value = await cluster.readLast(topic.name, pipeline);
    if (value === null) return null;
    const place = `the last record with key ${pipeline} of topic ${topic.name}`;
    return parseCheckpoint(value.toString(), { place, pipeline });
  }

  /** Appends a checkpoint to what is sent next. Throws KAFKA_TOPIC_UNUSABLE when the topic takes no record of its size. */
  append(writer: RecordWriter, checkpoint: Checkpoint): void {
    const { topic } = this.#options;
    const value = Buffer.from(JSON.stringify(checkpoint));
    const record = { key: this.#key, value, headers: NO_HEADERS };
    const isTaken = writer.append(topic, 0, {
      ...record,
      timestampMs: Date.parse(checkpoint.savedAt),
    });
    if (isTaken) return;
    throw new TailraceError(
      "KAFKA_TOPIC_UNUSABLE",
      `The topic ${topic.name} takes no record of ${value.length} bytes, which the checkpoint has: raise its max.message.bytes.`,
    );
  }
}

/** What keeping checkpoints in a topic takes where records are not part of a transaction. */
export interface CheckpointTopicOptions {
  readonly records: CheckpointRecords;
  readonly pipeline: string;
  /** Opened when it is first needed, and again after a failure. */
  readonly openProducer: () => Promise<RecordProducer>;
}

/** The checkpoint in a topic, saved by a producer of its own. `load` throws as {@link CheckpointRecords.load}, `save` throws STATE_UNWRITABLE for what passes, else KAFKA_*. */
export function openCheckpointTopic(options: CheckpointTopicOptions): CheckpointStore {
  return new CheckpointTopic(options);
}

class CheckpointTopic implements CheckpointStore {
  readonly #options: CheckpointTopicOptions;
  #producer: RecordProducer | null = null;

  constructor(options: CheckpointTopicOptions) {
    this.#options = options;
  }

  load(): Promise<Checkpoint | null> {
    return this.#options.records.load();
  }

  async save(checkpoint: Checkpoint): Promise<void> {
    const { records, pipeline, openProducer } = this.#options;
    try {
      this.#producer ??= await openProducer();
      const buffer = this.#producer.createBuffer();
      records.append(buffer, checkpoint);
      await this.#producer.send(buffer);
    } catch (cause) {
      await this[Symbol.asyncDispose]();
      const error = asTailraceError(cause);
      if (error.disposition !== "retry") throw error;
      throw new TailraceError("STATE_UNWRITABLE", `checkpoint of ${pipeline}: ${error.message}`, {
        cause,
      });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const producer = this.#producer;
    this.#producer = null;
    await producer?.[Symbol.asyncDispose]();
  }
}
