import type { Clock } from "../../core/clock.ts";
import { TailraceError } from "../../core/errors.ts";
import { type LoadJournal, sameLoad, type TableLoad } from "../../core/load.ts";

/** Loads that belong together, as they are kept. */
export interface LoadJob {
  readonly format: 1;
  readonly pipeline: string;
  /** Tells what was asked for: the same again goes on where it was. */
  readonly job: string;
  readonly loads: readonly TableLoad[];
  /** Of a load by keys: how many there are, and how many of them, in the order given, are answered for. */
  readonly keys?: number | undefined;
  readonly keysDone?: number | undefined;
  /** When it was asked for first, ms since 1970: a stream that begins then misses nothing. */
  readonly begunMs?: number | undefined;
  /** When it was written, ISO 8601. */
  readonly savedAt: string;
}

/** Keeps the loads of one pipeline for the one process that works at them. */
export interface LoadJobStore extends AsyncDisposable {
  /** Throws STATE_UNREADABLE, STATE_FOREIGN, BULK_*. */
  load(): Promise<LoadJob | null>;
  /** Replaces it; durable when it resolves. Throws STATE_UNWRITABLE (repeat it), STATE_FOREIGN when another process has taken over. */
  save(job: LoadJob): Promise<void>;
}

/** Reads what a store holds. `place` is for messages. Throws STATE_UNREADABLE, STATE_FOREIGN. */
export function parseLoadJob(
  value: unknown,
  { place, pipeline }: { readonly place: string; readonly pipeline: string },
): LoadJob {
  const job = value as Partial<LoadJob> | null | undefined;
  const isWhole = job?.format === 1 && typeof job.job === "string" && Array.isArray(job.loads);
  if (!isWhole)
    throw new TailraceError("STATE_UNREADABLE", `${place}: these are no loads of format 1`);
  if (job.pipeline !== pipeline)
    throw new TailraceError("STATE_FOREIGN", `${place} belongs to the pipeline ${job.pipeline}`);
  return job as LoadJob;
}

/** Pause between two saves, ms: chunks are many, and what a crash repeats of them is harmless. */
const INTERVAL_MS = 250;

/** The loads of a job, kept in a store; one save at a time, with all that has changed until then. */
export class JobJournal implements LoadJournal {
  readonly #store: LoadJobStore;
  readonly #clock: Clock;
  #job: LoadJob;
  #saving: Promise<unknown> = Promise.resolve();
  /** The save that has not begun. */
  #next: Promise<void> | null = null;
  #savedMs = -Infinity;

  constructor(store: LoadJobStore, job: Omit<LoadJob, "format" | "savedAt">, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
    this.#job = { ...job, format: 1, savedAt: "" };
  }

  get loads(): readonly TableLoad[] {
    return this.#job.loads;
  }

  get keysDone(): number {
    return this.#job.keysDone ?? 0;
  }

  put(load: TableLoad): Promise<void> {
    const { loads } = this.#job;
    const at = loads.findIndex((each) => sameLoad(each, load));
    return this.#change({ loads: at < 0 ? [...loads, load] : loads.with(at, load) });
  }

  /** Writes it as it is. */
  save(): Promise<void> {
    return this.#change({});
  }

  /** So many keys are answered for. */
  putKeysDone(keysDone: number): Promise<void> {
    return this.#change({ keysDone });
  }

  #change(part: Partial<LoadJob>): Promise<void> {
    this.#job = { ...this.#job, ...part, savedAt: new Date(this.#clock.now()).toISOString() };
    if (this.#next !== null) return this.#next;
    const saved = this.#saving.then(() => this.#save());
    this.#next = saved;
    this.#saving = saved.catch(() => undefined);
    return saved;
  }

  async #save(): Promise<void> {
    const waitMs = this.#savedMs + INTERVAL_MS - this.#clock.now();
    if (waitMs > 0) await this.#clock.sleep(waitMs);
    this.#next = null;
    this.#savedMs = this.#clock.now();
    await this.#store.save(this.#job);
  }
}
