import type { DeadLetter, DeadLetterStore } from "../core/dead-letter.ts";
import { asTailraceError, TailraceError } from "../core/errors.ts";
import type { RecordProducer } from "../core/kafka.ts";
import type { RecordTopic } from "../core/record.ts";

/** Where dead letters go. */
export interface DeadLetterTopicOptions {
  /** Only its partition 0 is used; compacted, so that nothing expires. */
  readonly topic: RecordTopic;
  /** Opened with the first letter, and again after a failure. */
  readonly openProducer: () => Promise<RecordProducer>;
}

const NO_HEADERS = Uint8Array.of(0);

/**
 * Dead letters as records of a topic, JSON each. The key says what a letter is about (pipeline, code, table, place), so one that is stored again after a
 * crash replaces itself, and compaction keeps every other.
 */
export function openDeadLetterTopic(options: DeadLetterTopicOptions): DeadLetterStore {
  return new DeadLetterTopic(options);
}

class DeadLetterTopic implements DeadLetterStore {
  readonly #options: DeadLetterTopicOptions;
  #producer: RecordProducer | null = null;
  /** Stores run one after another: a producer sends one buffer at a time. */
  #last: Promise<void> = Promise.resolve();

  constructor(options: DeadLetterTopicOptions) {
    this.#options = options;
  }

  store(letters: readonly DeadLetter[]): Promise<void> {
    const stored = this.#last.then(() => this.#send(letters));
    this.#last = stored.catch(() => undefined);
    return stored;
  }

  async #send(letters: readonly DeadLetter[]): Promise<void> {
    const { topic, openProducer } = this.#options;
    try {
      this.#producer ??= await openProducer();
      const buffer = this.#producer.createBuffer();
      for (const letter of letters) {
        const record = {
          key: Buffer.from(keyOf(letter)),
          value: Buffer.from(JSON.stringify(letter)),
          headers: NO_HEADERS,
          timestampMs: Date.parse(letter.at),
        };
        if (!buffer.append(topic, 0, record))
          throw new TailraceError(
            "KAFKA_TOPIC_UNUSABLE",
            `The topic ${topic.name} takes no dead letter of ${record.value.length} bytes: raise its max.message.bytes.`,
          );
      }
      await this.#producer.send(buffer);
    } catch (cause) {
      await this.#close();
      const error = asTailraceError(cause);
      if (error.disposition !== "retry") throw error;
      throw new TailraceError(
        "STATE_DEAD_LETTERS_UNWRITABLE",
        `topic ${topic.name}: ${error.message}`,
        { cause },
      );
    }
  }

  async #close(): Promise<void> {
    const producer = this.#producer;
    this.#producer = null;
    await producer?.[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#last;
    await this.#close();
  }
}

/** What a letter is about. */
function keyOf(letter: DeadLetter): string {
  const { pipeline, kind, code, index, id, version, database, table, file, position } = letter;
  const { topic, partition, offset } = letter;
  const parts = [pipeline, kind, code, index, id, version, database, table, file, position];
  return JSON.stringify([...parts, topic, partition, offset].filter((part) => part !== undefined));
}
