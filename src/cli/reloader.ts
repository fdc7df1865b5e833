import { isDeepStrictEqual } from "node:util";
import type { PipelineConfig } from "../config/config.ts";
import { saveLocalCopy } from "../config/local-copy.ts";
import type { ConfigSnapshot } from "../config/sources/source.ts";
import { asTailraceError, TailraceError } from "../core/errors.ts";
import type { Logger } from "../core/logger.ts";
import type { ReloadAnswer } from "../pipeline/reload.ts";
import { ReloadRequests } from "../pipeline/reload-requests.ts";
import { reloadScope } from "../pipeline/reload-scope.ts";
import type { OpenConfig } from "./load-location.ts";

/** What a reloader works with. */
export interface ReloaderOptions {
  readonly open: OpenConfig;
  readonly configs: readonly PipelineConfig[];
  readonly logger: Logger;
  /** Where a copy is kept of what a centre gives. */
  readonly configCopy?: string | undefined;
}

/** What is known of reloads, as `/status` shows it. */
export interface ReloadStatus {
  /** Number of the configuration in force; the first is 1. */
  readonly version: number;
  /** Since when it is in force, ISO 8601. */
  readonly loaded_at: string;
  readonly source: string;
  readonly revision: string;
  /** Why the last one was refused; null when the last one is in force. */
  readonly last_error: { readonly code: string; readonly message: string } | null;
  /** Documents that exist do not agree with the rules until their rows are read again. */
  readonly needs_reload: boolean;
}

/** How often reloads ended how. */
export interface ReloadCounts {
  readonly accepted: number;
  readonly unchanged: number;
  readonly refused: number;
}

/**
 * Takes changed configurations over, one after the other: loads and checks the whole, then asks every pipeline of the process; when one refuses, those that
 * have it go back. What is in force never is a mixture, and never one that was refused.
 */
export class Reloader {
  readonly #options: ReloaderOptions;
  readonly #requests: readonly ReloadRequests[];
  readonly #counts = { accepted: 0, unchanged: 0, refused: 0 };
  #configs: readonly PipelineConfig[];
  #revision: string;
  #status: Pick<ReloadStatus, "version" | "loaded_at" | "last_error" | "needs_reload">;
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: ReloaderOptions) {
    this.#options = options;
    this.#configs = options.configs;
    this.#requests = options.configs.map(() => new ReloadRequests());
    this.#revision = options.open.snapshot.revision;
    this.#status = {
      version: 1,
      loaded_at: new Date().toISOString(),
      last_error: null,
      needs_reload: false,
    };
  }

  /** The pipeline's end of the requests, in the order of the configurations. */
  requestsOf(index: number): ReloadRequests | undefined {
    return this.#requests[index];
  }

  /** Follows the source until the signal aborts. */
  async watch(signal: AbortSignal): Promise<void> {
    const { open, logger } = this.#options;
    for await (const snapshot of open.source.changes(signal, logger)) {
      // told by then
      await this.#queue(() => this.#apply(snapshot)).catch(() => undefined);
    }
  }

  /** Reads the source now and takes over what has changed. Rejects with why it was refused; it is logged and counted by then. */
  reload(): Promise<ReloadAnswer> {
    return this.#queue(async () => {
      const snapshot = await this.#options.open.source.read().catch((error: unknown) => {
        throw this.#refuse(error);
      });
      return this.#apply(snapshot);
    });
  }

  /** Keeps the first configuration, which is known to be good. A copy that cannot be kept is told and no more. */
  async keepFirst(): Promise<void> {
    const { open } = this.#options;
    if (open.copied === null) await this.#keep(open.snapshot);
  }

  status(): ReloadStatus {
    return { ...this.#status, source: this.#options.open.source.name, revision: this.#revision };
  }

  counts(): ReloadCounts {
    return { ...this.#counts };
  }

  #queue<T>(step: () => Promise<T>): Promise<T> {
    const result = this.#last.then(step);
    this.#last = result.catch(() => undefined);
    return result;
  }

  async #apply(snapshot: ConfigSnapshot): Promise<ReloadAnswer> {
    const { open, logger } = this.#options;
    try {
      const next = open.select(open.load(snapshot));
      const answer = await this.#switch(next);
      this.#revision = snapshot.revision;
      const isUnchanged = isDeepStrictEqual(next, this.#configs) && answer.changes.length === 0;
      this.#configs = next;
      this.#counts[isUnchanged ? "unchanged" : "accepted"] += 1;
      this.#status = {
        version: this.#status.version + (isUnchanged ? 0 : 1),
        loaded_at: isUnchanged ? this.#status.loaded_at : new Date().toISOString(),
        last_error: null,
        needs_reload: this.#status.needs_reload || answer.needsReload,
      };
      await this.#keep(snapshot);
      const { version } = this.#status;
      logger.info(
        {
          version,
          revision: snapshot.revision,
          changes: answer.changes.map((each) => `${each.rule} ${each.change}: ${each.why}`),
          needsReload: answer.needsReload,
        },
        isUnchanged
          ? "the configuration says what it said"
          : "the changed configuration is in force",
      );
      return { ...answer, version };
    } catch (error) {
      throw this.#refuse(error);
    }
  }

  /** Every pipeline gets its new configuration, or all go on with the old. */
  async #switch(next: readonly PipelineConfig[]): Promise<Omit<ReloadAnswer, "version">> {
    const pairs = this.#configs.map((config, i) => [config, next[i]] as const);
    if (next.length !== pairs.length) {
      throw new TailraceError("CONFIG_RELOAD_REFUSED", "it describes other pipelines");
    }
    for (const [current, wanted] of pairs) if (wanted !== undefined) reloadScope(current, wanted);
    const answers: Omit<ReloadAnswer, "version">[] = [];
    try {
      for (const [i, [, wanted]] of pairs.entries()) {
        const answer = wanted && (await this.#requests[i]?.ask(wanted));
        if (answer !== undefined) answers.push(answer);
      }
    } catch (error) {
      for (let i = answers.length - 1; i >= 0; i -= 1) {
        const [current] = pairs[i] ?? [];
        if (current === undefined) continue;
        await this.#requests[i]?.ask(current).catch((cause: unknown) => {
          this.#options.logger.error(
            { err: asTailraceError(cause) },
            "the configuration from before could not be taken up again",
          );
        });
      }
      throw error;
    }
    // a capture and its sync say the same of a rule
    const changes = new Map(answers.flatMap((each) => each.changes).map((it) => [it.rule, it]));
    return {
      changes: [...changes.values()],
      needsReload: answers.some((answer) => answer.needsReload),
    };
  }

  #refuse(error: unknown): TailraceError {
    const known = asTailraceError(error);
    this.#counts.refused += 1;
    const { code, message } = known;
    this.#status = { ...this.#status, last_error: { code, message } };
    this.#options.logger.error(
      { err: known, version: this.#status.version },
      "the changed configuration was refused; the one from before stays in force",
    );
    return known;
  }

  async #keep(snapshot: ConfigSnapshot): Promise<void> {
    const { configCopy, open, logger } = this.#options;
    if (configCopy === undefined || !open.source.isCentre) return;
    await saveLocalCopy(configCopy, snapshot).catch((error: unknown) => {
      logger.warn({ err: asTailraceError(error) }, "no local copy of the configuration is kept");
    });
  }
}
