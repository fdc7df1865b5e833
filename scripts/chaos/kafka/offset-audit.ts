import type { KafkaCluster, PartitionOffset } from "../../../src/core/kafka.ts";
import type { AcceptedActions } from "../accepted-actions.ts";
import type { DueAction } from "./canal-actions.ts";

/** A record of the topic and what it is due. */
export interface AuditedRecord {
  readonly partition: number;
  readonly offset: number;
  readonly actions: readonly DueAction[];
}

/** Reads the topic without being a member of the group that is audited. */
export interface ReadableLog {
  /** The committed records of the partition from where the last call ended up to the offset, in order. */
  readTo(partition: number, offset: number): Promise<readonly AuditedRecord[]>;
}

/** What the audit looks at. */
export interface OffsetAuditOptions {
  readonly cluster: KafkaCluster;
  readonly group: string;
  readonly topic: string;
  readonly partitions: number;
  readonly log: ReadableLog;
  readonly accepted: AcceptedActions;
  /** What indices begin with. */
  readonly indexPrefix: string;
}

/**
 * Checks that no offset is committed beyond an action that is not written: asks the broker for the group's offsets, and looks up every action of the
 * records before them among those that Elasticsearch has accepted. An answer is noted there before the one who is to commit sees it, so what is committed
 * when the broker is asked is noted when we look.
 */
export class OffsetAudit {
  readonly #options: OffsetAuditOptions;
  readonly #committed = new Map<number, number>();
  #records = 0;
  #checks = 0;
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: OffsetAuditOptions) {
    this.#options = options;
  }

  /** How many records below committed offsets were looked at, each once. */
  get records(): number {
    return this.#records;
  }

  /** How often the broker told its offsets. */
  get checks(): number {
    return this.#checks;
  }

  /** The offset that the partition had committed when the broker was last asked. */
  committed(partition: number): number {
    return this.#committed.get(partition) ?? 0;
  }

  /** Throws when an offset went back, or lies beyond an action that is not accepted. A broker that does not answer is no failure. */
  async check(): Promise<void> {
    const turn = this.#last.then(() => this.#check());
    this.#last = turn.catch(() => undefined);
    await turn;
  }

  async #check(): Promise<void> {
    const offsets = await this.#askOffsets();
    if (offsets === null) return;
    this.#checks++;
    for (const { partition, offset } of offsets) {
      const before = this.#committed.get(partition) ?? 0;
      if (offset < before)
        throw new Error(
          `The offset committed for partition ${partition} went back from ${before} to ${offset}`,
        );
      this.#committed.set(partition, offset);
      for (const record of await this.#options.log.readTo(partition, offset)) this.#look(record);
    }
  }

  #look({ partition, offset, actions }: AuditedRecord): void {
    const { accepted, indexPrefix } = this.#options;
    this.#records++;
    for (const { index, id, version } of actions)
      if (!accepted.has(`${indexPrefix}${index}`, id, version))
        throw new Error(
          `Offset ${this.#committed.get(partition)} of partition ${partition} is committed, but version ${version} of ${index}/${id}, from offset ${offset}, is not written`,
        );
  }

  async #askOffsets(): Promise<readonly PartitionOffset[] | null> {
    const { cluster, group, topic, partitions } = this.#options;
    const all = Array.from({ length: partitions }, (_, partition) => ({ topic, partition }));
    return await cluster.committedOffsets(group, all).catch(() => null);
  }
}
