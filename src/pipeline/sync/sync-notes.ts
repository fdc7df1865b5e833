import type { TableGap } from "../../core/checkpoint.ts";
import type { Clock } from "../../core/clock.ts";
import type { SyncState, SyncStateStore } from "../../core/sync-state.ts";
import { sameGap } from "../gap-notes.ts";

/** Gaps that the instances of a sync have noted. They are in the shared state before an offset behind them is committed. */
export class SyncNotes {
  readonly #store: SyncStateStore;
  readonly #clock: Clock;
  #gaps: readonly TableGap[];
  #fingerprint: string | null = null;
  #isDirty = false;

  constructor(store: SyncStateStore, state: Pick<SyncState, "gaps">, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
    this.#gaps = state.gaps;
  }

  get gaps(): readonly TableGap[] {
    return this.#gaps;
  }

  /** Was this gap of the table noted before? */
  hasGap(gap: Pick<TableGap, "database" | "table" | "code">): boolean {
    return this.#gaps.some((known) => sameGap(known, gap));
  }

  /** Notes that a table's documents may not agree with its rows. */
  addGap(gap: TableGap): void {
    if (this.hasGap(gap)) return;
    this.#gaps = [...this.#gaps, gap];
    this.#isDirty = true;
  }

  /** From now on the state is one of rules with this fingerprint. */
  stamp(fingerprint: string): void {
    this.#fingerprint = fingerprint;
    this.#isDirty = true;
  }

  /** What is noted is durable when it resolves, and what others noted is known. Throws STATE_*, BULK_*. */
  async save(): Promise<void> {
    if (!this.#isDirty) return;
    this.#isDirty = false;
    try {
      const saved = await this.#store.update((state) => {
        if (state === null) return null;
        const added = this.#gaps.filter((gap) => !state.gaps.some((one) => sameGap(one, gap)));
        const fingerprint = this.#fingerprint ?? state.fingerprint;
        if (added.length === 0 && fingerprint === state.fingerprint) return state;
        const savedAt = new Date(this.#clock.now()).toISOString();
        return { ...state, fingerprint, gaps: [...state.gaps, ...added], savedAt };
      });
      for (const gap of saved?.gaps ?? []) if (!this.hasGap(gap)) this.#gaps = [...this.#gaps, gap];
    } catch (error) {
      this.#isDirty = true;
      throw error;
    }
  }
}
