import { systemClock, type Clock } from "../core/clock.ts";
import { asTailraceError, TailraceError } from "../core/errors.ts";
import type { RecordBuffer, RecordProducer } from "../core/kafka.ts";
import type { Compression } from "./compression.ts";
import { KafkaConnections } from "./connections.ts";
import type { KafkaOptions } from "./options.ts";
import { PartitionWriter } from "./partition-writer.ts";
import { RecordBatches } from "./record-batches.ts";
import { retrying, type RetryLimits } from "./retry.ts";
import { initIdentity, Transactions, type ProducerIdentity } from "./transaction.ts";

/** What a producer is to do. */
export interface ProducerOptions {
  /** With it, what is sent becomes visible by `commit` only, and another producer with the same one fences this one. */
  readonly transactionalId?: string | undefined;
  /** Default `none`. */
  readonly compression?: Compression | undefined;
  /** How long sending, and each step of a transaction, is tried again. Default 120,000. */
  readonly deliveryTimeoutMs?: number | undefined;
  /** A transaction that is open for longer is aborted by the broker. Default 60,000. */
  readonly transactionTimeoutMs?: number | undefined;
  readonly clock?: Clock | undefined;
}

const DELIVERY_TIMEOUT_MS = 120_000;
const TRANSACTION_TIMEOUT_MS = 60_000;
/** Leaving is not worth more: the broker aborts by itself. */
const ABORT_TIMEOUT_MS = 1000;

/**
 * Connects, and with a transactional id fences whoever used it before. Throws KAFKA_UNREACHABLE, KAFKA_ACCESS_DENIED, KAFKA_TLS_FAILED,
 * KAFKA_REQUEST_FAILED.
 */
export async function openProducer(
  connection: KafkaOptions,
  options: ProducerOptions = {},
): Promise<RecordProducer> {
  const connections = new KafkaConnections(connection);
  try {
    const producer = new Producer(connections, options);
    await producer.open();
    return producer;
  } catch (error) {
    await connections[Symbol.asyncDispose]();
    throw error;
  }
}

class Producer implements RecordProducer {
  readonly #connections: KafkaConnections;
  readonly #options: ProducerOptions;
  readonly #closing = new AbortController();
  readonly #limits: RetryLimits;
  readonly #transactions: Transactions | undefined;
  #writer: PartitionWriter | undefined;
  #failure: TailraceError | undefined;
  #isBusy = false;

  constructor(connections: KafkaConnections, options: ProducerOptions) {
    this.#connections = connections;
    this.#options = options;
    this.#limits = {
      clock: options.clock ?? systemClock,
      limitMs: options.deliveryTimeoutMs ?? DELIVERY_TIMEOUT_MS,
      signal: this.#closing.signal,
    };
    const { transactionalId } = options;
    if (transactionalId !== undefined) {
      this.#transactions = new Transactions(connections, transactionalId, (step) =>
        retrying(step, this.#limits),
      );
    }
  }

  async open(): Promise<void> {
    this.#writer = new PartitionWriter(this.#connections, {
      identity: await this.#identify(),
      transactionalId: this.#options.transactionalId ?? null,
      limits: this.#limits,
    });
  }

  createBuffer(): RecordBuffer {
    return new RecordBatches(this.#options.compression ?? "none");
  }

  send(buffer: RecordBuffer): Promise<void> {
    return this.#exclusively(async () => {
      if (!(buffer instanceof RecordBatches)) {
        throw new TailraceError("INVARIANT_BROKEN", "a buffer that no producer has made");
      }
      const partitions = buffer.seal();
      await this.#transactions?.add(
        partitions.map(({ topic, partition }) => ({ topic: topic.name, partition })),
      );
      await this.#writer!.write(partitions);
      buffer.clear();
    });
  }

  commit(): Promise<void> {
    return this.#exclusively(async () => {
      await this.#transactions?.end("commit");
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const isFenced = this.#failure?.code === "KAFKA_FENCED";
    if (this.#transactions?.isOpen === true && !isFenced && !this.#isBusy) {
      const timer = setTimeout(() => this.#closing.abort(), ABORT_TIMEOUT_MS);
      // An abort that does not come is no loss: the broker, or who comes after us, does it.
      await this.#transactions.end("abort").catch(() => undefined);
      clearTimeout(timer);
    }
    this.#closing.abort();
    await this.#connections[Symbol.asyncDispose]();
  }

  #identify(): Promise<ProducerIdentity> {
    if (this.#transactions !== undefined) {
      return this.#transactions.begin(this.#options.transactionTimeoutMs ?? TRANSACTION_TIMEOUT_MS);
    }
    return retrying(() => initIdentity(this.#connections), this.#limits);
  }

  /** After a rejection nobody knows what the brokers have: nothing goes on after it. */
  async #exclusively(step: () => Promise<void>): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#isBusy) throw new TailraceError("INVARIANT_BROKEN", "the producer is in use");
    this.#isBusy = true;
    try {
      await step();
    } catch (error) {
      this.#failure = asTailraceError(error);
      throw this.#failure;
    } finally {
      this.#isBusy = false;
    }
  }
}
