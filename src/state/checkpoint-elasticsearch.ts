import { randomUUID } from "node:crypto";
import type { Checkpoint, CheckpointStore } from "../core/checkpoint.ts";
import { asTailraceError, TailraceError } from "../core/errors.ts";
import { reasonOf, type JsonAnswer, type JsonClient } from "../core/json-client.ts";
import { parseCheckpoint } from "./parse-checkpoint.ts";
import { conditionOf, FIRST, StateDocument, type StoredDocument } from "./state-index.ts";

/** Where a pipeline's checkpoint document is. */
export interface CheckpointIndexOptions {
  /** Stays the caller's: the store does not close it. */
  readonly client: JsonClient;
  readonly index: string;
  readonly pipeline: string;
}

/**
 * The checkpoint as a document of an index, its id the pipeline's name. Each save states which version of the document it replaces
 * (`if_seq_no`, `if_primary_term`), so of two processes with one pipeline the one that loaded earlier is refused at its next save. A
 * save that the server acted on although we saw no answer is recognised by the owner's mark that each process leaves in the document. A
 * process's first save overtakes what was written after its load: the last save of a process that was killed may still be under way.
 *
 * `load` lets BULK_* of the client through; `save` throws STATE_UNWRITABLE for what passes, STATE_FOREIGN, or BULK_ACCESS_DENIED.
 */
export function openCheckpointIndex(options: CheckpointIndexOptions): CheckpointStore {
  return new CheckpointIndex(options);
}

/** Removes the checkpoint of a pipeline that does not run. Throws STATE_UNWRITABLE, BULK_*. */
export function removeCheckpointDocument(options: CheckpointIndexOptions): Promise<void> {
  const { client, index, pipeline } = options;
  return new StateDocument<CheckpointDocument>({ client, index, id: pipeline }).remove();
}

/** What the document holds. */
interface CheckpointDocument {
  readonly pipeline: string;
  readonly saved_at: string;
  readonly owner?: unknown;
  readonly checkpoint?: unknown;
}

class CheckpointIndex implements CheckpointStore {
  readonly #document: StateDocument<CheckpointDocument>;
  readonly #pipeline: string;
  readonly #owner = randomUUID();
  /** The query that states what the next save replaces; null before the first load. */
  #replaces: string | null = null;
  /** From our first save on nobody else may have written: saves of earlier processes are refused by its condition. */
  #hasSaved = false;

  constructor({ client, index, pipeline }: CheckpointIndexOptions) {
    this.#document = new StateDocument({ client, index, id: pipeline });
    this.#pipeline = pipeline;
  }

  async load(): Promise<Checkpoint | null> {
    const stored = await this.#document.read();
    this.#replaces = conditionOf(stored);
    if (stored === null) return null;
    return parseCheckpoint(JSON.stringify(stored._source.checkpoint ?? null), {
      place: this.#document.place,
      pipeline: this.#pipeline,
    });
  }

  async save(checkpoint: Checkpoint): Promise<void> {
    try {
      if (this.#replaces === null) this.#replaces = conditionOf(await this.#document.read());
      let answer = await this.#write(checkpoint);
      for (let tries = 0; answer.status === 409 && tries < MAX_OVERTAKEN; tries += 1) {
        const stored = await this.#document.read();
        // Our own earlier save whose answer was lost; or, before our first, the last one of a process that was killed, which arrived late.
        if (stored?._source.owner !== this.#owner && this.#hasSaved) throw this.#foreign();
        this.#replaces = conditionOf(stored);
        answer = await this.#write(checkpoint);
      }
      if (answer.status === 409) throw this.#foreign();
      if (answer.status >= 300) {
        throw new Error(`HTTP ${answer.status}${reasonOf(answer.body)}`);
      }
      this.#replaces = conditionOf(answer.body as StoredDocument<unknown>);
      this.#hasSaved = true;
    } catch (error) {
      throw this.#unwritable(error);
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }

  #write(checkpoint: Checkpoint): Promise<JsonAnswer> {
    const { savedAt } = checkpoint;
    const owner = this.#owner;
    return this.#document.write(
      { pipeline: this.#pipeline, saved_at: savedAt, owner, checkpoint },
      this.#replaces ?? FIRST,
    );
  }

  #foreign(): TailraceError {
    return new TailraceError(
      "STATE_FOREIGN",
      `${this.#document.place} was written by another process`,
    );
  }

  #unwritable(error: unknown): TailraceError {
    if (error instanceof TailraceError && error.disposition === "fatal") return error;
    const { message } = asTailraceError(error);
    return new TailraceError("STATE_UNWRITABLE", `${this.#document.place}: ${message}`, {
      cause: error,
    });
  }
}

/** How many saves of an earlier process are overtaken: one that still runs saves again and again. */
const MAX_OVERTAKEN = 5;
