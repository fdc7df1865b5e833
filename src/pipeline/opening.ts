import type { Clock } from "../core/clock.ts";
import type { ReloadRequest, ReloadRequests } from "./reload-requests.ts";

/** A changed configuration whose stages are being opened. */
export interface Taking {
  readonly request: ReloadRequest;
  /** The stages from before ran, so that it pays to go back to them. */
  readonly wasRunning: boolean;
  /** Of the clock, ms: nobody waits longer for the outcome. */
  readonly untilMs: number;
}

/** A changed configuration whose stages do not open in this time, ms, is given up, or believed where there is nothing to go back to. */
export const RELOAD_PATIENCE_MS = 30_000;

/** What breaks an opening off, or ends the patience with it. */
export interface OpeningOptions {
  readonly clock: Clock;
  /** The run's. */
  readonly signal: AbortSignal;
  readonly reloads: ReloadRequests | undefined;
  readonly taking: Taking | null;
  /** The patience is over, and the changed configuration is in force although its stages are not open yet. */
  readonly onBelieved: () => void;
}

/**
 * One try to open stages, which may last: servers that are away, another process that runs the pipeline, topics that are awaited. A reload that comes meanwhile breaks it
 * off, for it may be the remedy; stages of a changed configuration that do not open are broken off, too, when there are others to go back to.
 */
export class Opening {
  readonly #ended = new AbortController();
  readonly #broken = new AbortController();
  /** For what is opened: aborts with the run's, or when the opening is broken off. */
  readonly signal: AbortSignal;

  constructor({ clock, signal, reloads, taking, onBelieved }: OpeningOptions) {
    this.signal = AbortSignal.any([signal, this.#broken.signal]);
    const until = AbortSignal.any([signal, this.#ended.signal]);
    if (taking === null) {
      void reloads?.arrives(until).then((hasArrived) => {
        if (hasArrived && !this.#ended.signal.aborted) this.#broken.abort();
      });
      return;
    }
    void clock.sleep(Math.max(0, taking.untilMs - clock.now()), until).then(() => {
      if (until.aborted) return;
      if (taking.wasRunning) this.#broken.abort();
      else onBelieved();
    });
  }

  get isBrokenOff(): boolean {
    return this.#broken.signal.aborted;
  }

  /** The stages are open, or the next try begins: nothing breaks it off any more. */
  end(): void {
    this.#ended.abort();
  }
}
