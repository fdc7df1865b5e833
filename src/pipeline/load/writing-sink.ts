import type { IncompleteRowsEvent, RowsEvent } from "../../core/change-event.ts";
import type { SourcePosition } from "../../core/checkpoint.ts";
import { TailraceError } from "../../core/errors.ts";
import type { TableVersion } from "../../core/row-layout.ts";
import type { TableSchema } from "../../core/schema.ts";
import type { Sink, SinkStats } from "../../core/sink.ts";
import { openSink } from "../../sink/sink.ts";
import type { SinkOptions } from "../../sink/options.ts";
import { Router } from "../router.ts";
import type { FailedRow } from "../row-failures.ts";
import { type LoadedRule, type NameOptions, RuleSet } from "../rule-set.ts";
import type { UnwrittenRows } from "../status.ts";

/** What a sink for rows that were read is made of. */
export interface WritingSinkOptions {
  readonly sink: SinkOptions;
  readonly rules: readonly LoadedRule[];
  readonly names: NameOptions;
  /** Deals with a row of which a rule makes no document; durable when it resolves. */
  readonly onRowFailed: (row: FailedRow) => Promise<void>;
}

/** Rows with the version that their documents get. */
export interface VersionedRows extends Pick<RowsEvent, "versionHigh" | "versionLow"> {
  readonly table: TableVersion;
  /** Names of the rules that take them. */
  readonly rules: readonly string[];
  readonly position: SourcePosition;
}

/** Counters of a sink and of the rows that it never saw. */
export type WritingStats = SinkStats & { readonly rows: UnwrittenRows };

/** A sink with the routers to it, which says when each call's actions are closed. Rows are encoded one call at a time: encoders, and the sink's writer, serve one. */
export class WritingSink implements AsyncDisposable {
  readonly #options: WritingSinkOptions;
  readonly #sink: Sink;
  readonly #routers = new Map<string, Router>();
  /** By the number of actions that must be closed. */
  readonly #waiting = new Map<number, PromiseWithResolvers<void>>();
  #fatal: Error | null = null;
  /** Ends when the last call that has begun has been encoded. */
  #taking: Promise<unknown> = Promise.resolve();

  /** Use {@link open}. */
  constructor(options: WritingSinkOptions, sink: Sink) {
    this.#options = options;
    this.#sink = sink;
  }

  /** Opens the sink. Throws CONFIG_INVALID for hosts that are not URLs. */
  static async open(options: WritingSinkOptions): Promise<WritingSink> {
    let open: WritingSink | null = null;
    const sink = await openSink(options.sink, {
      onClosed: () => {
        if (open !== null) open.#onClosed();
      },
      onFatal: (error) => {
        if (open !== null) open.#fail(error);
      },
    });
    return (open = new WritingSink(options, sink));
  }

  /** Writes rows as inserts. Resolves when everything of them is closed; rejects with the sink's fatal error, or why it was abandoned. */
  async write(rows: VersionedRows & { readonly buffers: readonly Buffer[] }): Promise<void> {
    const { table, buffers, versionHigh, versionLow } = rows;
    const router = this.#routerOf(rows.rules);
    const taken = await this.#inTurn(async () => {
      for (const bytes of buffers) {
        const range = { bytes, start: 0, end: bytes.length, versionHigh, versionLow };
        await router.take({ ...READ, kind: "rows", operation: "insert", table, ...range });
      }
      return this.#sink.taken;
    });
    await this.#closed(taken);
  }

  /** Deletes the documents of rows of which only the key's columns are known; as {@link write}. Resolves with how many do not tell their document's place. */
  async remove(
    rows: VersionedRows & { readonly gone: IncompleteRowsEvent["rows"] },
  ): Promise<number> {
    const { table, gone, position, versionHigh, versionLow } = rows;
    const router = this.#routerOf(rows.rules);
    const versions = { versionHigh, versionLow };
    const { taken, unknown } = await this.#inTurn(async () => ({
      unknown: await router.takeIncomplete({
        ...READ,
        kind: "incomplete",
        operation: "delete",
        table,
        rows: gone,
        position,
        ...versions,
      }),
      taken: this.#sink.taken,
    }));
    await this.#closed(taken);
    return unknown;
  }

  /** Resolves when everything taken is closed. Rejects with the sink's fatal error. */
  drain(): Promise<void> {
    return this.#sink.drain();
  }

  /** Breaks off what is in flight at once; every call rejects with the reason. */
  async abandon(reason: Error): Promise<void> {
    this.#fail(reason);
    await this.#sink.abandon(reason);
  }

  stats(): WritingStats {
    const rows = { filtered: 0, unchanged: 0, failed: 0 };
    for (const { unwritten } of this.#routers.values()) {
      rows.filtered += unwritten.filtered;
      rows.unchanged += unwritten.unchanged;
      rows.failed += unwritten.failed;
    }
    return { ...this.#sink.stats(), rows };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.abandon(new TailraceError("BULK_UNREACHABLE", "the connection was closed"));
  }

  #onClosed(): void {
    const { closed } = this.#sink;
    for (const [actions, { resolve }] of this.#waiting) {
      if (actions > closed) continue;
      this.#waiting.delete(actions);
      resolve();
    }
  }

  #fail(error: Error): void {
    this.#fatal ??= error;
    for (const { reject } of this.#waiting.values()) reject(this.#fatal);
    this.#waiting.clear();
  }

  /** Behind the calls before it. */
  #inTurn<T>(take: () => Promise<T>): Promise<T> {
    const turn = this.#taking.then(() => {
      if (this.#fatal !== null) throw this.#fatal;
      return take();
    });
    this.#taking = turn.catch(() => undefined);
    return turn;
  }

  /** Resolves when so many actions are closed. */
  #closed(actions: number): Promise<void> {
    if (this.#fatal !== null) return Promise.reject(this.#fatal);
    if (actions <= this.#sink.closed) return Promise.resolve();
    const known = this.#waiting.get(actions) ?? Promise.withResolvers<void>();
    this.#waiting.set(actions, known);
    this.#sink.kick();
    return known.promise;
  }

  #routerOf(names: readonly string[]): Router {
    const key = JSON.stringify(names);
    const known = this.#routers.get(key);
    if (known !== undefined) return known;
    const { rules, names: options, onRowFailed, sink } = this.#options;
    const wanted = rules.filter(({ config }) => names.includes(config.name));
    const router = new Router({
      rules: new RuleSet(wanted, options),
      sink: this.#sink,
      readRows: () =>
        Promise.reject(new TailraceError("INVARIANT_BROKEN", "Rows that were read are whole.")),
      onKeyChange: ({ database, table }: TableSchema, detail) => {
        sink.logger.warn({ database, table }, `the key was changed while it was loaded: ${detail}`);
        return Promise.resolve();
      },
      onRowFailed,
    });
    this.#routers.set(key, router);
    return router;
  }
}

/** What is not told of rows that were read. */
const READ = { timestampMs: 0, commitTimeUs: 0, gtid: undefined };
