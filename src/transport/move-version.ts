import type { JsonRow } from "../core/json-row.ts";

/** A document version, as the high and low 32 bits. */
export interface RecordVersion {
  readonly versionHigh: number;
  readonly versionLow: number;
}

/**
 * Gives the version of the delete that stands for a row's old key when an update moves it to another: one less than its event's, which is no other event's
 * version, for positions of events lie at least a header apart.
 *
 * Delete and insert may lie in two partitions, and where a rule makes its ids of other columns than the key they are about one document: with the same version
 * the delete, coming last, would win. Only behind an event of the same version (events inside a compressed transaction share theirs) the delete has
 * the event's own: the key may have got its row in the same transaction, and the delete must not be older than that. The same goes for a key that was written
 * before in the same event ({@link WrittenKeys}): `INSERT … ON DUPLICATE KEY UPDATE` can touch a row twice.
 */
export class MoveVersions {
  #high = -1;
  #low = -1;

  /** The version for deletes of rows that the event moves. Call it for every event, in order. */
  of({ versionHigh, versionLow }: RecordVersion): RecordVersion {
    const isShared = versionHigh === this.#high && versionLow === this.#low;
    this.#high = versionHigh;
    this.#low = versionLow;
    if (isShared) return { versionHigh, versionLow };
    const low = versionLow >>> 0;
    return low === 0
      ? { versionHigh: versionHigh - 1, versionLow: 0xffffffff }
      : { versionHigh, versionLow: low - 1 };
  }
}

/** The keys that an event's rows have been written under so far, where rows lie as JSON texts. */
export class WrittenKeys {
  readonly #primaryKey: readonly number[];
  readonly #keys = new Set<string>();

  constructor(primaryKey: readonly number[]) {
    this.#primaryKey = primaryKey;
  }

  add(row: JsonRow): void {
    this.#keys.add(this.#textOf(row));
  }

  has(row: JsonRow): boolean {
    return this.#keys.size > 0 && this.#keys.has(this.#textOf(row));
  }

  #textOf(row: JsonRow): string {
    return this.#primaryKey.map((column) => row[column]).join();
  }
}
