import type { Clock } from "../../core/clock.ts";
import { TailraceError } from "../../core/errors.ts";
import { freeBuffers } from "../../core/free-buffers.ts";
import type { ChunkDestination, ChunkWindow, TableLoad } from "../../core/load.ts";
import { tableName } from "../../core/schema.ts";
import { indexPattern } from "../../rules/place.ts";
import { type DocumentWriter, refuseUnversioned } from "./document-writer.ts";
import { GcDeletes } from "./gc-deletes.ts";

/** What a destination by versions takes. */
export interface VersionDestinationOptions {
  readonly writer: Pick<DocumentWriter, "rules" | "client" | "write" | "abandon">;
  readonly clock: Clock;
  /** It is certain that no stream writes the documents before the load has ended: then they need no versions, and no hurry. Default false. */
  readonly nothingStreams?: boolean | undefined;
  /** Called with each chunk that is written. */
  readonly onWritten?: ((load: TableLoad, rows: number) => void) | undefined;
}

/** Of the time for which deletes are remembered, a chunk may take this part: the rest is for requests that Elasticsearch works at when we do not wait for them any more. */
const SAFE_PART = 0.5;

/**
 * Chunks into documents beside a stream in another process, by versions alone. A row is written with the version of the chunk's low watermark: whatever the stream wrote or writes of
 * a later change wins. So do deletes, as long as Elasticsearch remembers their version: for `index.gc_deletes` of the time when they came, which is not before the low watermark was read for those that
 * the chunk may contradict. So a chunk that is not closed in half of that time, counted from before its low watermark, is broken off, with the sink that may still hold some of it, and read
 * again with a new watermark (SNAPSHOT_LATE).
 */
export class VersionDestination implements ChunkDestination {
  readonly #options: VersionDestinationOptions;
  readonly #gcDeletes: GcDeletes;

  constructor(options: VersionDestinationOptions) {
    this.#options = options;
    this.#gcDeletes = new GcDeletes(options.writer.client, options.clock);
  }

  /** Throws SNAPSHOT_UNVERSIONED for rules whose documents carry no versions, unless nothing streams. */
  open(load: TableLoad): ChunkWindow {
    const { writer, nothingStreams, onWritten } = this.#options;
    if (nothingStreams !== true) refuseUnversioned(writer.rules, load.rules);
    const deadline = this.deadline(load.rules, tableName(load));
    return {
      write: async ({ table, buffers, low, rows }) => {
        await deadline(() => writer.write({ table, rules: load.rules, buffers, low }));
        freeBuffers(buffers);
        onWritten?.(load, rows);
      },
      discard: () => {},
    };
  }

  /**
   * Begins to count the time, before a low watermark is read; the result runs a step that must end in time. When it does not, the writer is abandoned and the step rejects
   * with SNAPSHOT_LATE. `what` is for the message.
   */
  deadline(rules: readonly string[], what: string): <T>(step: () => Promise<T>) => Promise<T> {
    const { writer, clock, nothingStreams } = this.#options;
    const openedMs = clock.now();
    return async (step) => {
      if (nothingStreams === true) return step();
      const limitMs = SAFE_PART * (await this.#gcDeletes.shortest(this.#indicesOf(rules)));
      const late = (): TailraceError =>
        new TailraceError(
          "SNAPSHOT_LATE",
          `${what}: not written within ${Math.round(limitMs)} ms, half of index.gc_deletes`,
        );
      const leftMs = openedMs + limitMs - clock.now();
      if (leftMs <= 0) throw late();
      const ended = new AbortController();
      const breakOff = async (): Promise<void> => {
        await clock.sleep(leftMs, ended.signal);
        if (!ended.signal.aborted) await writer.abandon(late());
      };
      const breakingOff = breakOff();
      try {
        return await step();
      } finally {
        ended.abort();
        await breakingOff;
      }
    };
  }

  #indicesOf(names: readonly string[]): string[] {
    return this.#options.writer.rules.rules
      .filter(({ config }) => names.includes(config.name))
      .map(({ rule }) => indexPattern(rule.index));
  }
}
