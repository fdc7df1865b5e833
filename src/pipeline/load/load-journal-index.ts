import { randomUUID } from "node:crypto";
import type { Clock } from "../../core/clock.ts";
import { asTailraceError, TailraceError } from "../../core/errors.ts";
import { reasonOf, type JsonClient } from "../../core/json-client.ts";
import { type Holder, isHolderGone, thisHolder } from "../../state/holder.ts";
import { conditionOf, FIRST, StateDocument, type StoredDocument } from "../../state/state-index.ts";
import { type LoadJob, type LoadJobStore, parseLoadJob } from "./load-journal.ts";

/** Where the document of a pipeline's loads is, and how it is held. */
export interface LoadIndexOptions {
  /** Stays the caller's. */
  readonly client: JsonClient;
  readonly index: string;
  readonly pipeline: string;
  /** Its id is this, a colon and the pipeline's name. */
  readonly kind: "load" | "initial-load";
  readonly clock: Clock;
  /** Ends the wait for another holder. */
  readonly signal: AbortSignal;
  /** A holder that has not been heard of for so long is gone. Default 30 s; our own sign of life comes three times as often. */
  readonly leaseMs?: number | undefined;
  /** Waits until the other holder is gone or has given up, instead of throwing STATE_FOREIGN while it lives. */
  readonly waits?: boolean | undefined;
  /** Called again and again while another one holds it, with what it has written there. */
  readonly onHeld?: ((job: LoadJob | null) => void) | undefined;
}

interface LoadDocument {
  readonly pipeline: string;
  readonly saved_at: string;
  readonly owner: string | null;
  readonly load: LoadJob | null;
  readonly lease: Lease | null;
}

interface Lease extends Holder {
  readonly owner: string;
  /** Grows while the holder lives. Clocks of two machines need not agree: what counts is that it changes. */
  readonly beat: number;
}

const DEFAULT_LEASE_MS = 30_000;

/**
 * A pipeline's loads as a document of an index, held by one process at a time: the document says by whom, and a number in it grows while that one lives. Every write states which version it replaces, so
 * a holder that was given up is refused. Null when the signal aborts before it is ours. Throws STATE_*, BULK_*.
 */
export async function openLoadIndex(options: LoadIndexOptions): Promise<LoadJobStore | null> {
  const store = new LoadIndex(options);
  return (await store.take()) ? store : null;
}

/** Makes the document, holding no loads, where there is none: from then on nothing counts as loaded that is not noted there. Throws STATE_UNWRITABLE, BULK_*. */
export async function createLoadIndex({
  client,
  index,
  pipeline,
  kind,
  clock,
}: Omit<LoadIndexOptions, "signal">): Promise<void> {
  const document = new StateDocument<LoadDocument>({ client, index, id: `${kind}:${pipeline}` });
  const savedAt = new Date(clock.now()).toISOString();
  const load: LoadJob = { format: 1, pipeline, job: kind, loads: [], savedAt };
  const source = { pipeline, saved_at: savedAt, owner: null, load, lease: null };
  const answer = await document.write(source, FIRST);
  if (answer.status < 300 || answer.status === 409) return;
  const why = `HTTP ${answer.status}${reasonOf(answer.body)}`;
  throw new TailraceError("STATE_UNWRITABLE", `${document.place}: ${why}`);
}

class LoadIndex implements LoadJobStore {
  readonly #options: LoadIndexOptions;
  readonly #document: StateDocument<LoadDocument>;
  readonly #leaseMs: number;
  readonly #owner = randomUUID();
  readonly #closing = new AbortController();
  #job: LoadJob | null = null;
  #replaces = "";
  #beat = 0;
  #writing: Promise<unknown> = Promise.resolve();

  constructor(options: LoadIndexOptions) {
    const { client, index, kind, pipeline } = options;
    this.#options = options;
    this.#document = new StateDocument({ client, index, id: `${kind}:${pipeline}` });
    this.#leaseMs = options.leaseMs ?? DEFAULT_LEASE_MS;
  }

  /** Resolves with true when the document is ours, with false when the signal aborts. */
  async take(): Promise<boolean> {
    const { clock, signal, waits, onHeld } = this.#options;
    let seen = null as Lease | null;
    let seenMs = clock.now();
    let changes = 0;
    while (!signal.aborted) {
      const stored = await this.#document.read();
      const lease = stored?._source.lease ?? null;
      if (lease?.owner !== seen?.owner || lease?.beat !== seen?.beat) {
        if (seen !== null) changes += 1;
        seen = lease;
        seenMs = clock.now();
      }
      const isGone = lease === null || isHolderGone(lease) || clock.now() - seenMs >= this.#leaseMs;
      if (isGone && (await this.#seize(stored))) {
        void this.#renew();
        return true;
      }
      if (lease !== null && !isGone) {
        const lives = changes > 0 || lease.host === thisHolder().host;
        if (lives && waits !== true) throw this.#foreign(lease);
        onHeld?.(stored?._source.load ?? null);
        await clock.sleep(this.#leaseMs / (waits === true ? 10 : 30), signal);
      }
    }
    return false;
  }

  load(): Promise<LoadJob | null> {
    return Promise.resolve(this.#job);
  }

  save(job: LoadJob): Promise<void> {
    this.#job = job;
    return this.#write(true);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    // one that fails leaves a lease that runs out
    await this.#write(false).catch(() => undefined);
  }

  async #seize(stored: StoredDocument<LoadDocument> | null): Promise<boolean> {
    const { pipeline } = this.#options;
    const load = stored?._source.load ?? null;
    this.#job =
      load === null ? null : parseLoadJob(load, { place: this.#document.place, pipeline });
    this.#replaces = conditionOf(stored);
    return this.#put(true);
  }

  /** Writes the document; false when somebody else has. */
  async #put(isHeld: boolean): Promise<boolean> {
    const { clock, pipeline } = this.#options;
    this.#beat += 1;
    const answer = await this.#document.write(
      {
        pipeline,
        saved_at: new Date(clock.now()).toISOString(),
        owner: isHeld ? this.#owner : null,
        load: this.#job,
        lease: isHeld ? { ...thisHolder(), owner: this.#owner, beat: this.#beat } : null,
      },
      this.#replaces,
    );
    if (answer.status === 409) return false;
    if (answer.status >= 300) throw new Error(`HTTP ${answer.status}${reasonOf(answer.body)}`);
    this.#replaces = conditionOf(answer.body as StoredDocument<unknown>);
    return true;
  }

  #write(isHeld: boolean): Promise<void> {
    const written = this.#writing.then(async () => {
      try {
        if (await this.#put(isHeld)) return;
        // a write of ours whose answer was lost
        const stored = await this.#document.read();
        if (stored?._source.owner !== this.#owner)
          throw this.#foreign(stored?._source.lease ?? null);
        this.#replaces = conditionOf(stored);
        if (!(await this.#put(isHeld))) throw this.#foreign(null);
      } catch (error) {
        if (error instanceof TailraceError && error.disposition === "fatal") throw error;
        const { message } = asTailraceError(error);
        const text = `${this.#document.place}: ${message}`;
        throw new TailraceError("STATE_UNWRITABLE", text, { cause: error });
      }
    });
    this.#writing = written.catch(() => undefined);
    return written;
  }

  async #renew(): Promise<void> {
    const { signal } = this.#closing;
    for (;;) {
      await this.#options.clock.sleep(this.#leaseMs / 3, signal);
      if (signal.aborted) return;
      // the next save tells what is wrong
      await this.#write(true).catch(() => undefined);
    }
  }

  #foreign(lease: Lease | null): TailraceError {
    const by = lease === null ? "another process" : describe(lease);
    return new TailraceError("STATE_FOREIGN", `${this.#document.place} is held by ${by}`);
  }
}

function describe({ pid, host }: Lease): string {
  return `process ${pid} on ${host}, which loads`;
}
