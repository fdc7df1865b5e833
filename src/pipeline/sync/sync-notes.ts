import type { TableGap } from "../../core/checkpoint.ts";
import type { Clock } from "../../core/clock.ts";
import type { SyncState, SyncStateStore } from "../../core/sync-state.ts";
import { type GapNotes, sameGap } from "../gap-notes.ts";

/** How long it may take until a gap is known to be cleared that another process has cleared, ms. */
const LOOK_MS = 30_000;

/** Gaps that the instances of a sync have noted. They are in the shared state before an offset behind them is committed. */
export class SyncNotes implements GapNotes {
  readonly #store: SyncStateStore;
  readonly #clock: Clock;
  /** As they were in the shared state when it was looked at last. */
  #shared: readonly TableGap[];
  #lookedAt: number;
  #added: readonly TableGap[] = [];
  /** No gaps any more since they were noted so. */
  #cleared: readonly TableGap[] = [];
  #fingerprint: string | null = null;

  constructor(store: SyncStateStore, state: Pick<SyncState, "gaps">, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
    this.#shared = state.gaps;
    this.#lookedAt = clock.now();
  }

  get gaps(): readonly TableGap[] {
    const shared = this.#shared.filter((gap) => !this.#cleared.some((one) => isSame(one, gap)));
    return [...shared, ...this.#added.filter((gap) => !shared.some((one) => sameGap(one, gap)))];
  }

  /** Was this gap of the table noted before? */
  hasGap(gap: Pick<TableGap, "database" | "table" | "code">): boolean {
    return this.gaps.some((known) => sameGap(known, gap));
  }

  /** Notes that a table's documents may not agree with its rows. */
  addGap(gap: TableGap): void {
    if (!this.hasGap(gap)) this.#added = [...this.#added, gap];
  }

  clearGaps({ database, table }: Pick<TableGap, "database" | "table">): readonly TableGap[] {
    const gaps = this.gaps.filter((gap) => gap.database === database && gap.table === table);
    this.#added = this.#added.filter((gap) => !gaps.includes(gap));
    this.#cleared = [...this.#cleared, ...gaps.filter((gap) => this.#shared.includes(gap))];
    return gaps;
  }

  /** From now on the state is one of rules with this fingerprint. */
  stamp(fingerprint: string): void {
    this.#fingerprint = fingerprint;
  }

  /** What is noted is durable when it resolves, and what others noted is known. Throws STATE_*, BULK_*. */
  async save(): Promise<void> {
    const [added, cleared, fingerprint] = [this.#added, this.#cleared, this.#fingerprint];
    const isDirty = added.length > 0 || cleared.length > 0 || fingerprint !== null;
    if (!isDirty && !this.#mustLook()) return;
    const saved = await this.#store.update((state) => {
      if (state === null) return null;
      const kept = state.gaps.filter((gap) => !cleared.some((one) => isSame(one, gap)));
      const gaps = [...kept, ...added.filter((gap) => !kept.some((one) => sameGap(one, gap)))];
      const stamped = fingerprint ?? state.fingerprint;
      const isUnchanged = gaps.length === state.gaps.length && kept.length === gaps.length;
      if (isUnchanged && stamped === state.fingerprint) return state;
      const savedAt = new Date(this.#clock.now()).toISOString();
      return { ...state, fingerprint: stamped, gaps, savedAt };
    });
    this.#lookedAt = this.#clock.now();
    if (saved === null) return;
    this.#shared = saved.gaps;
    this.#added = this.#added.filter((gap) => !added.includes(gap));
    this.#cleared = this.#cleared.filter((gap) => !cleared.includes(gap));
    if (this.#fingerprint === fingerprint) this.#fingerprint = null;
  }

  /** Gaps may be cleared by another process: what is noted here and there no more must be noted again when it comes again. */
  #mustLook(): boolean {
    return this.#shared.length > 0 && this.#clock.now() - this.#lookedAt >= LOOK_MS;
  }
}

/** Was it noted at the same place, too? */
function isSame(a: TableGap, b: TableGap): boolean {
  return sameGap(a, b) && a.file === b.file && a.position === b.position;
}
