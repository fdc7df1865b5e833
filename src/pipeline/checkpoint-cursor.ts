import type { Checkpoint, LogPlace, SourcePosition, TableGap } from "../core/checkpoint.ts";
import type { Clock } from "../core/clock.ts";
import type { GtidSet } from "../core/gtid.ts";
import { sameLoad, type TableLoad } from "../core/load.ts";
import { type GapNotes, sameGap } from "./gap-notes.ts";

/** What a cursor begins with. */
export interface CheckpointCursorOptions {
  /** The checkpoint that this run begins with. */
  readonly initial: Checkpoint;
  /** The transactions before it; null when the source has no GTIDs or the start does not tell. Becomes the cursor's own. */
  readonly gtidSet: GtidSet | null;
  readonly clock: Clock;
}

/** A checkpoint in memory that follows the log from one end of a transaction to the next. */
export class CheckpointCursor implements GapNotes {
  readonly #options: CheckpointCursorOptions;
  readonly #gtidSet: GtidSet | null;
  #gaps: readonly TableGap[];
  #loads: readonly TableLoad[] | undefined;
  #file: string;
  #position: number;
  #readTo: LogPlace | undefined;
  #fingerprint: string;
  #changes = 1;

  constructor(options: CheckpointCursorOptions) {
    const { initial, gtidSet } = options;
    this.#options = options;
    this.#gtidSet = gtidSet;
    this.#gaps = initial.gaps;
    this.#loads = initial.loads;
    this.#file = initial.file;
    this.#position = initial.position;
    this.#readTo = initial.readTo;
    this.#fingerprint = initial.fingerprint;
  }

  /** Grows with every change, from 1 on: the checkpoint that a run begins with has yet to be saved. */
  get changes(): number {
    return this.#changes;
  }

  /** Moves behind the transaction, or the idle position, that ends here. */
  advance({ file, position, readTo, gtid }: SourcePosition): void {
    const isSamePlace = file === this.#file && position === this.#position;
    if (isSamePlace && sameReadTo(readTo, this.#readTo) && gtid === undefined) return;
    this.#file = file;
    this.#position = position;
    this.#readTo = readTo;
    if (gtid !== undefined) this.#gtidSet?.add(gtid);
    this.#changes += 1;
  }

  /** From now on the checkpoint is one of rules with this fingerprint. */
  stamp(fingerprint: string): void {
    this.#fingerprint = fingerprint;
    this.#changes += 1;
  }

  hasGap(gap: Pick<TableGap, "database" | "table" | "code">): boolean {
    return this.#gaps.some((known) => sameGap(known, gap));
  }

  addGap(gap: TableGap): void {
    if (this.hasGap(gap)) return;
    this.#gaps = [...this.#gaps, gap];
    this.#changes += 1;
  }

  clearGaps({ database, table }: Pick<TableGap, "database" | "table">): readonly TableGap[] {
    const isCleared = (gap: TableGap): boolean => gap.database === database && gap.table === table;
    const cleared = this.#gaps.filter(isCleared);
    if (cleared.length === 0) return cleared;
    this.#gaps = this.#gaps.filter((gap) => !isCleared(gap));
    this.#changes += 1;
    return cleared;
  }

  get gaps(): readonly TableGap[] {
    return this.#gaps;
  }

  /** Loads of tables, done or not; undefined = of before there were any. */
  get loads(): readonly TableLoad[] | undefined {
    return this.#loads;
  }

  /** Puts a load in the place of the one of the same table and rules, or beside the others. */
  putLoad(load: TableLoad): void {
    const others = this.#loads ?? [];
    const at = others.findIndex((other) => sameLoad(other, load));
    this.#loads = at < 0 ? [...others, load] : others.with(at, load);
    this.#changes += 1;
  }

  /** Puts these loads in the place of all. */
  setLoads(loads: readonly TableLoad[]): void {
    this.#loads = loads;
    this.#changes += 1;
  }

  /** A cursor at the same place that moves on its own. */
  fork(): CheckpointCursor {
    return new CheckpointCursor({
      ...this.#options,
      initial: this.current(),
      gtidSet: this.#gtidSet?.clone() ?? null,
    });
  }

  /** The checkpoint as it would be saved now. */
  current(): Checkpoint {
    return {
      ...this.#options.initial,
      file: this.#file,
      position: this.#position,
      readTo: this.#readTo,
      fingerprint: this.#fingerprint,
      gtidSet: this.#gtidSet?.toString(),
      gaps: this.#gaps,
      loads: this.#loads,
      savedAt: new Date(this.#options.clock.now()).toISOString(),
    };
  }
}

function sameReadTo(a: LogPlace | undefined, b: LogPlace | undefined): boolean {
  return a?.file === b?.file && a?.position === b?.position;
}
