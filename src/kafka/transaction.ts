import { addPartitionsToTxnV3, endTxnV3, initProducerIdV4 } from "@platformatic/kafka";
import type { TopicPartition } from "../core/kafka.ts";
import { checkedCall, libraryCall, type KafkaCall } from "./call.ts";
import type { KafkaConnections } from "./connections.ts";
import { refusalOf } from "./translate-error.ts";

/** Who a producer is to the brokers. */
export interface ProducerIdentity {
  readonly id: bigint;
  readonly epoch: number;
}

/** Repeats a step while its failure may pass. */
export type Repeat = <T>(step: () => Promise<T>) => Promise<T>;

const OPERATION_NOT_ATTEMPTED = 55;
const COORDINATOR_MOVED: ReadonlySet<number> = new Set([
  15, // COORDINATOR_NOT_AVAILABLE
  16, // NOT_COORDINATOR
]);
const TOPIC_ERRORS: ReadonlySet<number> = new Set([
  3, // UNKNOWN_TOPIC_OR_PARTITION
  29, // TOPIC_AUTHORIZATION_FAILED
]);

/** An identity for a producer without transactions. Throws KAFKA_*. */
export async function initIdentity(connections: KafkaConnections): Promise<ProducerIdentity> {
  const call = libraryCall(initProducerIdV4.api, null, 0);
  const { producerId, producerEpoch } = await connections.request("any", call);
  return { id: producerId, epoch: producerEpoch };
}

/**
 * The transactions of a transactional id, one after another. Beginning fences every other producer with the id and aborts what it had not committed;
 * from then on each of its requests is refused.
 */
export class Transactions {
  readonly #connections: KafkaConnections;
  readonly #transactionalId: string;
  readonly #repeat: Repeat;
  /** Of the open transaction, as `partition topic`. */
  readonly #partitions = new Set<string>();
  #identity: ProducerIdentity | undefined;

  constructor(connections: KafkaConnections, transactionalId: string, repeat: Repeat) {
    this.#connections = connections;
    this.#transactionalId = transactionalId;
    this.#repeat = repeat;
  }

  /** Whether there is something to commit or abort. */
  get isOpen(): boolean {
    return this.#partitions.size > 0;
  }

  /** `timeoutMs`: a transaction that is open for longer is aborted by the broker. Throws KAFKA_*. */
  async begin(timeoutMs: number): Promise<ProducerIdentity> {
    const call = checkedCall(initProducerIdV4.api, this.#transactionalId, timeoutMs);
    const { producerId, producerEpoch } = await this.#ask(call, ({ errorCode }) => errorCode);
    this.#identity = { id: producerId, epoch: producerEpoch };
    return this.#identity;
  }

  /** Takes partitions into the open transaction, or opens one with them. Throws KAFKA_*. */
  async add(partitions: readonly TopicPartition[]): Promise<void> {
    const added = partitions.filter((each) => !this.#partitions.has(keyOf(each)));
    if (added.length === 0) return;
    const { id, epoch } = this.#identity!;
    const topics = [...Map.groupBy(added, ({ topic }) => topic)].map(([name, those]) => ({
      name,
      partitions: those.map(({ partition }) => partition),
    }));
    const transaction = {
      transactionalId: this.#transactionalId,
      producerId: id,
      producerEpoch: epoch,
      verifyOnly: false,
      topics,
    };
    // From here on there may be something to abort, whatever the answer.
    for (const each of added) this.#partitions.add(keyOf(each));
    await this.#ask(checkedCall(addPartitionsToTxnV3.api, [transaction]), (answer) => {
      for (const { name, resultsByPartition } of answer.resultsByTransaction[0]!.topicResults) {
        for (const { partitionErrorCode: code } of resultsByPartition) {
          if (TOPIC_ERRORS.has(code)) throw refusalOf(code, `topic ${name}`);
          if (code !== 0 && code !== OPERATION_NOT_ATTEMPTED) return code;
        }
      }
      return 0;
    });
  }

  /** Commits or aborts what is open; sent again after a lost answer it is the same. Throws KAFKA_*. */
  async end(outcome: "commit" | "abort"): Promise<void> {
    if (!this.isOpen) return;
    const { id, epoch } = this.#identity!;
    const isCommit = outcome === "commit";
    const call = checkedCall(endTxnV3.api, this.#transactionalId, id, epoch, isCommit);
    await this.#ask(call, ({ errorCode }) => errorCode);
    this.#partitions.clear();
  }

  #ask<Answer>(call: KafkaCall<Answer>, errorCodeOf: (answer: Answer) => number): Promise<Answer> {
    const target = { transactionalId: this.#transactionalId };
    return this.#repeat(async () => {
      const answer = await this.#connections.request(target, call);
      const code = errorCodeOf(answer);
      if (code === 0) return answer;
      if (COORDINATOR_MOVED.has(code)) this.#connections.forgetCoordinator(target);
      throw refusalOf(code, `transactional id ${this.#transactionalId}`);
    });
  }
}

function keyOf({ topic, partition }: TopicPartition): string {
  return `${partition} ${topic}`;
}
