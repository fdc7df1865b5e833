import { asTailraceError, TailraceError } from "../core/errors.ts";
import type { KafkaConnections } from "./connections.ts";
import { produceCall, type ProduceResult } from "./produce-call.ts";
import type { PartitionBatches } from "./record-batches.ts";
import { mayPass, RetryWaits, type RetryLimits } from "./retry.ts";
import type { ProducerIdentity } from "./transaction.ts";
import { refusalOf } from "./translate-error.ts";

/** Who writes. */
export interface PartitionWriterOptions {
  readonly identity: ProducerIdentity;
  readonly transactionalId: string | null;
  readonly limits: RetryLimits;
}

/** What a broker waits for the replicas in sync. */
const ACKNOWLEDGE_TIMEOUT_MS = 30_000;
/** A broker takes 100 MB; smaller ones let it write while the next one is on its way. */
const MAX_REQUEST_BYTES = 16 * 1024 * 1024;

/** In place of a leader's node id, where there is no such partition; -1 is Kafka's own for one without a leader. */
const MISSING = -2;
const NO_LEADER = 5;
const UNKNOWN_TOPIC = 3;
/** The broker has this batch already: what we sent before was no failure. */
const DUPLICATE_SEQUENCE_NUMBER = 46;
const RECORD_NUMBERS = 0x8000_0000;

interface Outcome {
  /** Of a failure that may pass. */
  readonly failure?: TailraceError;
}

/**
 * Writes batches to the leaders of their partitions: at most one batch of a partition is under way, the batches of one leader share requests, requests to
 * several leaders go at the same time. Records are numbered by partition and keep their numbers when a batch is sent again, so that a broker takes each
 * once, whatever became of an answer.
 */
export class PartitionWriter {
  readonly #connections: KafkaConnections;
  readonly #options: PartitionWriterOptions;
  /** Number of the next record, by topic and partition. */
  readonly #sequences = new Map<string, number[]>();

  constructor(connections: KafkaConnections, options: PartitionWriterOptions) {
    this.#connections = connections;
    this.#options = options;
  }

  /** Resolves when all replicas in sync have everything. Throws KAFKA_*; what was written then is unknown. Takes batches out of the lists given. */
  async write(partitions: readonly PartitionBatches[]): Promise<void> {
    const waits = new RetryWaits(this.#options.limits);
    let left = partitions;
    while (left.length > 0) {
      const failure = await this.#round(left);
      if (failure !== undefined) await waits.after(failure);
      else waits.reset();
      left = left.filter(({ batches }) => batches.length > 0);
    }
  }

  /** Sends one batch of each partition. */
  async #round(partitions: readonly PartitionBatches[]): Promise<TailraceError | undefined> {
    const requests: Promise<Outcome>[] = [];
    let failure: TailraceError | undefined;
    try {
      const leaders = await this.#leaders(partitions);
      for (const [node, led] of leaders) {
        if (node < 0) failure = this.#leaderless(led[0]!, node);
        else requests.push(...requestsOf(led).map((some) => this.#produce(node, some)));
      }
    } catch (error) {
      failure = asTailraceError(error);
    }
    const outcomes = await Promise.allSettled(requests);
    for (const outcome of outcomes) {
      if (outcome.status === "rejected") throw outcome.reason;
      failure ??= outcome.value.failure;
    }
    return failure;
  }

  async #leaders(
    partitions: readonly PartitionBatches[],
  ): Promise<ReadonlyMap<number, readonly PartitionBatches[]>> {
    const names = new Set(partitions.map(({ topic }) => topic.name));
    const topics = await this.#connections.metadata([...names]);
    return Map.groupBy(
      partitions,
      ({ topic, partition }) => topics.get(topic.name)?.partitions[partition]?.leader ?? MISSING,
    );
  }

  #leaderless({ topic, partition }: PartitionBatches, node: number): TailraceError {
    this.#connections.forgetTopic(topic.name);
    const code = node === MISSING ? UNKNOWN_TOPIC : NO_LEADER;
    return refusalOf(code, `topic ${topic.name}, partition ${partition}`);
  }

  /** Rejects with what will not pass. */
  async #produce(node: number, partitions: readonly PartitionBatches[]): Promise<Outcome> {
    const batches = partitions.map(({ topic, partition, batches: [first] }) => ({
      topic: topic.name,
      partition,
      batch: first!.seal(() => this.#stamp(topic.name, partition, first!.records)),
    }));
    const call = produceCall({
      transactionalId: this.#options.transactionalId,
      timeoutMs: ACKNOWLEDGE_TIMEOUT_MS,
      batches,
    });
    try {
      const results = await this.#connections.request({ node }, call);
      return this.#settle(partitions, results);
    } catch (error) {
      if (!mayPass(error)) throw error;
      return { failure: asTailraceError(error) };
    }
  }

  #stamp(topic: string, partition: number, records: number) {
    let sequences = this.#sequences.get(topic);
    if (sequences === undefined) this.#sequences.set(topic, (sequences = []));
    const baseSequence = sequences[partition] ?? 0;
    // After 2^31 - 1 comes 0.
    sequences[partition] = (baseSequence + records) % RECORD_NUMBERS;
    const { identity, transactionalId } = this.#options;
    return {
      producerId: identity.id,
      producerEpoch: identity.epoch,
      baseSequence,
      isTransactional: transactionalId !== null,
    };
  }

  /** Takes out what was written; a failure that may pass is returned. */
  #settle(partitions: readonly PartitionBatches[], results: readonly ProduceResult[]): Outcome {
    const byPartition = new Map(results.map((each) => [`${each.partition} ${each.topic}`, each]));
    let failure: TailraceError | undefined;
    for (const { topic, partition, batches } of partitions) {
      const result = byPartition.get(`${partition} ${topic.name}`);
      const code = result?.errorCode ?? UNKNOWN_TOPIC;
      if (code === 0 || code === DUPLICATE_SEQUENCE_NUMBER) {
        batches.shift();
        continue;
      }
      const what = `topic ${topic.name}, partition ${partition}`;
      const error = refusalOf(code, what, result?.errorMessage);
      if (!mayPass(error)) throw error;
      this.#connections.forgetTopic(topic.name);
      failure ??= error;
    }
    return failure === undefined ? {} : { failure };
  }
}

/** Partitions whose next batches go together. */
function requestsOf(partitions: readonly PartitionBatches[]): readonly PartitionBatches[][] {
  const requests: PartitionBatches[][] = [];
  let bytes = MAX_REQUEST_BYTES;
  for (const partition of partitions) {
    const { length } = partition.batches[0]!;
    if (bytes + length > MAX_REQUEST_BYTES) {
      requests.push([]);
      bytes = 0;
    }
    requests.at(-1)!.push(partition);
    bytes += length;
  }
  return requests;
}
