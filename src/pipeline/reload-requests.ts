import type { PipelineConfig } from "../config/config.ts";
import { TailraceError } from "../core/errors.ts";
import type { ReloadAnswer } from "./reload.ts";

/** A configuration that a running pipeline is asked to take over. */
export interface ReloadRequest {
  readonly config: PipelineConfig;
  /** It is in force. */
  accept(answer: Omit<ReloadAnswer, "version">): void;
  /** The one from before stays in force. */
  refuse(error: unknown): void;
}

/** The way from those who ask for a reload to the pipeline that carries it out: one request at a time, none lost, each answered. */
export class ReloadRequests {
  #request: ReloadRequest | null = null;
  #wake: (() => void) | null = null;
  #ended = false;

  /** Asks the pipeline to take this configuration over. Rejects with why it was refused; the old one is in force then. */
  ask(config: PipelineConfig): Promise<Omit<ReloadAnswer, "version">> {
    if (this.#ended) return Promise.reject(stopped());
    if (this.#request !== null) throw new TailraceError("INVARIANT_BROKEN", "a reload is waiting");
    const { promise, resolve, reject } = Promise.withResolvers<Omit<ReloadAnswer, "version">>();
    this.#request = { config, accept: resolve, refuse: reject };
    this.#wake?.();
    return promise;
  }

  /** The next request; null when the signal aborts first. For the pipeline, one call of this or of `arrives` at a time. */
  async next(signal: AbortSignal): Promise<ReloadRequest | null> {
    if (!(await this.arrives(signal))) return null;
    const request = this.#request;
    this.#request = null;
    return request;
  }

  /** Resolves with true as soon as there is a request, which stays for `next`; with false when the signal aborts first. */
  async arrives(signal: AbortSignal): Promise<boolean> {
    if (this.#request === null && !signal.aborted) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const wake = (): void => resolve();
      this.#wake = wake;
      signal.addEventListener("abort", wake, { once: true });
      await promise;
      signal.removeEventListener("abort", wake);
      // the next one may wait already
      if (this.#wake === wake) this.#wake = null;
    }
    return !signal.aborted && this.#request !== null;
  }

  /** The pipeline has ended: what waits and what comes is refused. */
  end(): void {
    this.#ended = true;
    this.#request?.refuse(stopped());
    this.#request = null;
  }
}

function stopped(): TailraceError {
  return new TailraceError("CONFIG_RELOAD_REFUSED", "the pipeline is not running");
}
