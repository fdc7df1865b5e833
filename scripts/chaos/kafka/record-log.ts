import { setTimeout as sleep } from "node:timers/promises";
import type {
  AssignmentListener,
  RecordConsumer,
  TopicPartition,
} from "../../../src/core/kafka.ts";
import { RECORD_HEADERS, type RecordView } from "../../../src/core/record.ts";
import { openConsumer } from "../../../src/kafka/consumer.ts";
import { dueActions } from "./canal-actions.ts";
import type { AuditedRecord } from "./offset-audit.ts";

/** What is read. */
export interface RecordLogOptions {
  readonly brokers: readonly string[];
  readonly topic: string;
  readonly partitions: number;
}

/** How long the brokers may be away, ms. */
const WAIT_LIMIT_MS = 120_000;
const POLL_MS = 20;
const SILENT = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/**
 * The topic's committed records from the first one on, read beside the syncs by a group of our own. Looks for documents whose records are in more than one
 * partition: their order would be lost.
 */
export class RecordLog implements AsyncDisposable {
  readonly #partitions: readonly PartitionLog[];
  readonly #partitionOf = new Map<string, number>();
  readonly #problems: string[] = [];
  #consumer: RecordConsumer | null = null;
  #pumping: Promise<void> = Promise.resolve();
  #failure: unknown = null;
  #records = 0;
  #older = 0;
  #pendingActions = 0;

  private constructor(partitions: number) {
    this.#partitions = Array.from({ length: partitions }, () => ({
      records: [],
      end: 0,
      version: 0n,
    }));
  }

  /** Begins to read. The topic must exist. */
  static async open({ brokers, topic, partitions }: RecordLogOptions): Promise<RecordLog> {
    const log = new RecordLog(partitions);
    const beginAt = (assigned: readonly TopicPartition[]) =>
      assigned.map((each) => ({ ...each, offset: log.#partitions[each.partition]!.end }));
    const listener: AssignmentListener = {
      onAssigned: (assigned) => Promise.resolve(beginAt(assigned)),
      onRevoked: () => Promise.resolve(),
      onLost: () => undefined,
    };
    const consumer = await openConsumer(
      { brokers, topics: [topic], group: `${topic}-audit`, clientId: "audit", logger: SILENT },
      listener,
    );
    log.#consumer = consumer;
    log.#pumping = log.#pump(consumer).catch((error: unknown) => {
      log.#failure = error;
    });
    return log;
  }

  /** Records read. */
  get records(): number {
    return this.#records;
  }

  /** Of these, how many are older than one before them in their partition: of XA transactions, and what is repeated of transactions that were sent in parts. */
  get older(): number {
    return this.#older;
  }

  /** Actions of records that nobody has asked for yet. */
  get pendingActions(): number {
    return this.#pendingActions;
  }

  /** Documents whose records are in more than one partition, first ones only. */
  get problems(): readonly string[] {
    return this.#problems;
  }

  /** The committed records of the partition from where the last call ended up to the offset, in order. */
  async readTo(partition: number, offset: number): Promise<readonly AuditedRecord[]> {
    const log = this.#partitions[partition]!;
    await this.#wait(() => this.#position(partition) >= offset);
    const count = log.records.findIndex((record) => record.offset >= offset);
    const read = log.records.splice(0, count < 0 ? log.records.length : count);
    for (const { actions } of read) this.#pendingActions -= actions.length;
    return read;
  }

  /** Behind the last record of each partition, markers of transactions not counted, as of these offsets. */
  async ends(offsets: ReadonlyMap<number, number>): Promise<ReadonlyMap<number, number>> {
    for (const [partition, offset] of offsets)
      await this.#wait(() => this.#position(partition) >= offset);
    return new Map(this.#partitions.map(({ end }, partition) => [partition, end]));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const consumer = this.#consumer;
    this.#consumer = null;
    await consumer?.[Symbol.asyncDispose]();
    await this.#pumping;
  }

  async #pump(consumer: RecordConsumer): Promise<void> {
    while (this.#consumer !== null) {
      const record = consumer.poll();
      if (record === null) await consumer.wait();
      else this.#take(record);
    }
  }

  #take(record: RecordView): void {
    const { partition, offset, bytes, valueStart, valueEnd } = record;
    const log = this.#partitions[partition]!;
    // Begun anew after a loss.
    if (offset < log.end) return;
    log.end = offset + 1;
    this.#records++;
    const version = versionOf(record);
    // The delete of a row's old key is one version older than the event that moved it.
    if (version + 1n < log.version) this.#older++;
    else if (version > log.version) log.version = version;
    const value = valueStart < 0 ? null : bytes.toString("utf8", valueStart, valueEnd);
    const actions = value === null ? [] : dueActions(value, version);
    for (const { index, id } of actions) this.#lookAtPlace(`${index}/${id}`, partition);
    this.#pendingActions += actions.length;
    log.records.push({ partition, offset, actions });
  }

  #lookAtPlace(document: string, partition: number): void {
    const before = this.#partitionOf.get(document);
    if (before === undefined) this.#partitionOf.set(document, partition);
    else if (before !== partition && this.#problems.length < MOST_PROBLEMS)
      this.#problems.push(`records of ${document} are in partitions ${before} and ${partition}`);
  }

  #position(partition: number): number {
    const assigned = this.#consumer?.assignment().find((each) => each.partition === partition);
    return assigned?.position ?? -1;
  }

  async #wait(isReached: () => boolean): Promise<void> {
    const startMs = performance.now();
    while (!isReached()) {
      if (this.#failure !== null)
        throw new Error("The audit cannot read", { cause: this.#failure });
      if (performance.now() - startMs > WAIT_LIMIT_MS)
        throw new Error(`The audit could not read the topic for ${WAIT_LIMIT_MS / 1000} s`);
      await sleep(POLL_MS);
    }
  }
}

interface PartitionLog {
  /** Those that were not asked for yet. */
  readonly records: AuditedRecord[];
  /** Behind the last record. */
  end: number;
  /** The greatest one yet. */
  version: bigint;
}

const MOST_PROBLEMS = 10;

/** The version that the record's headers tell, read without tailrace's help. */
function versionOf({ bytes, headersStart, headersEnd }: RecordView): bigint {
  const text = bytes.toString("latin1", headersStart, headersEnd);
  const name = text.indexOf(RECORD_HEADERS.version);
  const digits = /^\d+/.exec(text.slice(name + RECORD_HEADERS.version.length + 1));
  if (name < 0 || digits === null) throw new Error("a record without a version");
  return BigInt(digits[0]);
}
