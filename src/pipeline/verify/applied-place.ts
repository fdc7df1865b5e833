import type { CaptureConfig, DirectConfig, SyncConfig } from "../../config/config.ts";
import type { Checkpoint, LogPlace } from "../../core/checkpoint.ts";
import type { JsonClient } from "../../core/json-client.ts";
import type { KafkaCluster, PartitionOffset, TopicPartition } from "../../core/kafka.ts";
import type { AppliedPlace } from "../../core/load.ts";
import { peekCaptureCheckpoint, peekCheckpoint } from "../load/load-epoch.ts";
import { readTopicEnds } from "../sync/topic-ends.ts";

/** How far a direct pipeline in another process has come: its checkpoint, which it saves every second while it moves. Throws STATE_*, BULK_*. */
export function appliedByCheckpoint(config: DirectConfig, client: JsonClient): AppliedPlace {
  return { read: async () => placeOf(await peekCheckpoint(config, client)) };
}

function placeOf(checkpoint: Checkpoint | null): LogPlace | null {
  if (checkpoint === null) return null;
  const { file, position } = checkpoint.readTo ?? checkpoint;
  return { file, position };
}

/** Where a sync's records come from. */
export interface SyncPlaceOptions {
  readonly sync: SyncConfig;
  /** The capture that writes them. */
  readonly capture: CaptureConfig;
  readonly cluster: KafkaCluster;
}

/** Places of the log and where the partitions ended behind them, at most: the oldest are forgotten. */
const MAX_NOTED = 64;

/**
 * How far a sync has come in the log of the source of its records, and all its instances together. The capture's checkpoint is behind the records of everything before it. So where the
 * partitions end *after* it was read is behind these records, and when the group has committed that much, everything up to the checkpoint is in the documents.
 */
export class SyncPlace implements AppliedPlace {
  readonly #options: SyncPlaceOptions;
  #noted: { readonly place: LogPlace; readonly ends: readonly PartitionOffset[] }[] = [];
  #applied: LogPlace | null = null;

  constructor(options: SyncPlaceOptions) {
    this.#options = options;
  }

  /** Throws KAFKA_*, STATE_*. */
  async read(): Promise<LogPlace | null> {
    const { capture, cluster, sync } = this.#options;
    const place = placeOf(await peekCaptureCheckpoint(capture, cluster));
    if (place === null) return null;
    const last = this.#noted.at(-1)?.place ?? this.#applied;
    if (last?.file !== place.file || last.position !== place.position)
      this.#noted.push({ place, ends: await readTopicEnds(cluster, sync.source.topics) });
    if (this.#noted.length > MAX_NOTED) this.#noted.splice(1, 1);
    const partitions = new Map<string, TopicPartition>();
    for (const { ends } of this.#noted)
      for (const { topic, partition } of ends)
        partitions.set(keyOf({ topic, partition }), { topic, partition });
    const committed = await cluster.committedOffsets(sync.source.group, [...partitions.values()]);
    const offsets = new Map(committed.map((each) => [keyOf(each), each.offset]));
    const passed = this.#noted.findLastIndex(({ ends }) =>
      ends.every((end) => end.offset === 0 || (offsets.get(keyOf(end)) ?? 0) >= end.offset),
    );
    if (passed >= 0) {
      this.#applied = this.#noted[passed]!.place;
      this.#noted = this.#noted.slice(passed + 1);
    }
    return this.#applied;
  }
}

function keyOf({ topic, partition }: TopicPartition): string {
  return `${partition} ${topic}`;
}
