import { Backoff } from "../../core/backoff.ts";
import { systemClock, type Clock } from "../../core/clock.ts";
import { asTailraceError } from "../../core/errors.ts";
import type { Logger } from "../../core/logger.ts";
import {
  snapshotOf,
  type ConfigReader,
  type ConfigSnapshot,
  type ConfigSource,
  type SourceOptions,
} from "./source.ts";

/** So many failures in a row make an outage an error: with the back-off some ten seconds. */
const LASTING_FAILURES = 8;

/** Between two looks that find nothing new, ms. */
const QUIET_MS = 500;

/**
 * A source over its reader. After a failure the texts are read before anybody waits for changes: a change during an outage is noticed, whatever became of
 * the watch.
 */
export class WatchedSource implements ConfigSource {
  readonly name: string;
  readonly isCentre: boolean;
  readonly #reader: ConfigReader;
  readonly #clock: Clock;
  #given: string | null = null;

  constructor(reader: ConfigReader, options: SourceOptions = {}) {
    this.name = reader.name;
    this.isCentre = reader.isCentre;
    this.#reader = reader;
    this.#clock = options.clock ?? systemClock;
  }

  async read(): Promise<ConfigSnapshot> {
    const snapshot = await this.#read(new AbortController().signal);
    this.#given = snapshot.revision;
    return snapshot;
  }

  async *changes(signal: AbortSignal, logger?: Logger): AsyncGenerator<ConfigSnapshot> {
    const backoff = new Backoff(this.#clock);
    while (!signal.aborted) {
      try {
        if (backoff.failures === 0 && this.#given !== null) await this.#reader.wait(signal);
        if (signal.aborted) return;
        const snapshot = await this.#read(signal);
        if (backoff.failures > 0) {
          logger?.info({ config: this.name }, "the configuration can be read again");
          backoff.reset();
        }
        if (snapshot.revision === this.#given) {
          // a watch that ends at once, for whatever reason, must not keep us and the centre busy
          await this.#clock.sleep(QUIET_MS, signal);
          continue;
        }
        this.#given = snapshot.revision;
        yield snapshot;
      } catch (error) {
        if (signal.aborted) return;
        const waitMs = backoff.next();
        this.#report(error, backoff.failures, logger);
        await this.#clock.sleep(waitMs, signal);
      }
    }
  }

  async #read(signal: AbortSignal): Promise<ConfigSnapshot> {
    return snapshotOf(this.name, await this.#reader.read(signal));
  }

  /** Once when an outage begins and once when it lasts. A file that an editor replaces at this moment is none. */
  #report(error: unknown, failures: number, logger: Logger | undefined): void {
    if (failures !== (this.#reader.isCentre ? 1 : 2) && failures !== LASTING_FAILURES) return;
    logger?.[failures === LASTING_FAILURES ? "error" : "warn"](
      { err: asTailraceError(error), config: this.name },
      "the configuration cannot be read; going on with the last one",
    );
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve(this.#reader[Symbol.asyncDispose]());
  }
}
