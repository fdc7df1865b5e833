import { setMaxListeners } from "node:events";
import type { Target, TargetOptions } from "../core/action-writer.ts";
import { systemClock, type Clock } from "../core/clock.ts";
import { asTailraceError, TailraceError } from "../core/errors.ts";
import type { Sink, SinkEvents, SinkStats, TargetSpec } from "../core/sink.ts";
import { createSinkTarget, type SinkTarget } from "./action-line.ts";
import type { BatchLimits } from "./batch.ts";
import { BulkWriter } from "./bulk-writer.ts";
import { readIds } from "./clear.ts";
import { HttpClient, type HttpChannel } from "./client.ts";
import { createCounters } from "./counters.ts";
import { Delivery, type DeliveryContext } from "./delivery.ts";
import { IndexPreparer } from "./index-preparer.ts";
import { Lane } from "./lane.ts";
import type { SinkOptions } from "./options.ts";

const DEFAULT_LANES = 2;
const DEFAULT_MAX_ACTIONS = 10_000;
const DEFAULT_MAX_BYTES = 2 * 1024 * 1024;
const DEFAULT_FLUSH_INTERVAL_MS = 200;
/**
 * How long a small batch is held back while actions keep coming with every turn of the event loop. A producer that has more in its
 * socket than one read returns kicks after each read; sending then would make many small requests.
 */
const LINGER_MS = 5;
/** How often it is made sure that the indices are still those that were prepared. */
const WATCH_INTERVAL_MS = 30_000;
/** Numbers of targets in batches have 16 bits; a cluster has trouble with far fewer indices. */
const MAX_TARGETS = 65_536;
/** Key of the preparer among those who wait. */
const PREPARER = -1;

/** Opens a sink. Nothing is sent before the first action or `prepare`. Throws CONFIG_INVALID for hosts that are not URLs. */
export function openSink(options: SinkOptions, events: SinkEvents): Promise<Sink> {
  return Promise.resolve(new BulkSink(options, events));
}

/** {@link Sink} over bulk requests: lanes, their batches and the rules of when to send. */
class BulkSink implements Sink {
  readonly writer: BulkWriter;
  readonly #events: SinkEvents;
  readonly #clock: Clock;
  readonly #client: HttpClient;
  readonly #lanes: readonly Lane[];
  readonly #targets: SinkTarget[] = [];
  readonly #targetsByKey = new Map<string, SinkTarget>();
  readonly #counters = createCounters();
  readonly #control: HttpChannel;
  readonly #preparer: IndexPreparer;
  /** Why each part waits that does: lanes by number, and the preparer. */
  readonly #waiting = new Map<number, string>();
  readonly #closing = new AbortController();
  readonly #flushIntervalMs: number;
  #fatal: TailraceError | null = null;
  #lastClosed = 0;
  #isTimerSet = false;
  #isWatching = false;
  #isKicked = false;
  #kickedAt = 0;
  #takenAtKick = 0;
  /** Replaced after each change that `room` and `drain` may wait for. */
  #change = Promise.withResolvers<void>();

  constructor(options: SinkOptions, events: SinkEvents) {
    this.#events = events;
    // Every lane that waits listens.
    setMaxListeners(0, this.#closing.signal);
    this.#clock = options.clock ?? systemClock;
    this.#client = new HttpClient(options);
    this.#control = this.#client.channel();
    this.#preparer = new IndexPreparer({
      channel: this.#control,
      clock: this.#clock,
      logger: options.logger,
      signal: this.#closing.signal,
      indexMeta: options.indexMeta ?? {},
      onWaiting: (why) => this.#setWaiting(PREPARER, why),
    });
    this.#flushIntervalMs = options.flushIntervalMs ?? DEFAULT_FLUSH_INTERVAL_MS;
    const limits: BatchLimits = {
      maxActions: options.maxActions ?? DEFAULT_MAX_ACTIONS,
      maxBytes: options.maxBytes ?? DEFAULT_MAX_BYTES,
    };
    const numbers = Array.from({ length: options.lanes ?? DEFAULT_LANES }, (_, i) => i);
    this.#lanes = numbers.map((number) => this.#openLane(number, limits, options));
    this.writer = new BulkWriter(this.#lanes, limits, () => this.#setTimer());
  }

  get taken(): number {
    return this.writer.taken;
  }

  get closed(): number {
    let closed = this.writer.taken;
    for (const lane of this.#lanes) closed = Math.min(closed, lane.firstOpen);
    return closed;
  }

  target(options: TargetOptions): Target {
    const { index, write, pipeline } = options;
    const key = JSON.stringify([index, write, pipeline]);
    const known = this.#targetsByKey.get(key);
    if (known !== undefined) return known;
    if (this.#targets.length === MAX_TARGETS)
      throw new TailraceError(
        "RULE_PLACE_INVALID",
        `index ${index}: this run has written to ${MAX_TARGETS} indices already; an index for so few documents each is none that Elasticsearch can hold`,
      );
    const target = createSinkTarget(this.#targets.length, options);
    this.#targets.push(target);
    this.#targetsByKey.set(key, target);
    return target;
  }

  async prepare(spec: TargetSpec): Promise<void> {
    if (this.#fatal !== null) throw this.#fatal;
    await this.#preparer.prepare(spec);
    if (spec.create && !this.#isWatching) void this.#watchIndices();
  }

  async hasIndex(index: string): Promise<boolean> {
    if (this.#fatal !== null) throw this.#fatal;
    return this.#preparer.exists(index);
  }

  kick(): void {
    if (this.#isKicked) return;
    this.#isKicked = true;
    this.#kickedAt = this.#clock.now();
    this.#takenAtKick = this.writer.taken;
    // The first comes before the loop has looked at the sockets again, the second behind that.
    setImmediate(() => setImmediate(this.#afterKick));
  }

  /** Once a turn of the event loop after a kick: sends, unless the producer has brought more meanwhile. */
  readonly #afterKick = (): void => {
    const { taken } = this.writer;
    if (taken !== this.#takenAtKick && this.#clock.now() - this.#kickedAt < LINGER_MS) {
      this.#takenAtKick = taken;
      setImmediate(this.#afterKick);
      return;
    }
    this.#isKicked = false;
    this.#dispatchIdle();
  };

  async room(): Promise<void> {
    for (;;) {
      if (this.#fatal !== null) throw this.#fatal;
      const lane = this.writer.refusedBy;
      if (lane === null || lane.sending === null) return;
      await this.#change.promise;
    }
  }

  async drain(): Promise<void> {
    for (;;) {
      if (this.#fatal !== null) throw this.#fatal;
      this.#dispatchIdle();
      if (this.closed === this.taken) return;
      await this.#change.promise;
    }
  }

  async clear(target: Target, versionHigh: number, versionLow: number): Promise<void> {
    const { writer } = this;
    for await (const found of readIds(this.#control, target.index)) {
      writer.begin(target, versionHigh, versionLow);
      for (const { _id: id, _routing: routing = "" } of found) {
        writer.routingLength = writer.routing.write(JSON.stringify(routing).slice(1, -1));
        const length = writer.id.write(JSON.stringify(id).slice(1, -1));
        while (!writer.delete(length)) await this.room();
      }
    }
    await this.drain();
  }

  stats(): SinkStats {
    const [waitingFor = null] = this.#waiting.values();
    return { ...this.#counters, waitingFor };
  }

  abandon(reason: Error): Promise<void> {
    this.#fatal ??= asTailraceError(reason);
    const closed = this[Symbol.asyncDispose]();
    this.#notify();
    return closed;
  }

  /** In this very turn of the event loop lanes stop and requests are aborted. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    const stopped = this.#lanes.map((lane) => lane.stop());
    await this.#client[Symbol.asyncDispose]();
    await Promise.all(stopped);
  }

  #openLane(number: number, limits: BatchLimits, options: SinkOptions): Lane {
    const context: DeliveryContext = {
      pipeline: options.pipeline,
      deadLetters: options.deadLetters,
      onReject: options.onReject ?? "dead_letter",
      clock: this.#clock,
      logger: options.logger,
      signal: this.#closing.signal,
      counters: this.#counters,
      limits,
      targets: this.#targets,
      recreate: (index) => this.#preparer.recreate(index),
      onWaiting: (why) => this.#setWaiting(number, why),
    };
    const delivery = new Delivery(context, this.#client.channel(number));
    return new Lane(context, (batch) => delivery.deliver(batch), {
      onIdle: (lane) => this.#onIdle(lane),
      onFatal: (error) => this.#onFatal(error),
    });
  }

  async #watchIndices(): Promise<void> {
    const { signal } = this.#closing;
    this.#isWatching = true;
    for (;;) {
      await this.#clock.sleep(WATCH_INTERVAL_MS, signal);
      if (signal.aborted) return;
      try {
        await this.#preparer.lookAgain();
      } catch (error) {
        this.#onFatal(error);
        return;
      }
    }
  }

  #setWaiting(part: number, why: string | null): void {
    if (why === null) this.#waiting.delete(part);
    else this.#waiting.set(part, why);
  }

  #onIdle(lane: Lane): void {
    if (lane.isFull) lane.dispatchIfIdle();
    else if (lane.filling.count > 0) this.kick();
    this.#notify();
    const { closed } = this;
    if (closed === this.#lastClosed) return;
    this.#lastClosed = closed;
    this.#events.onClosed();
  }

  #onFatal(error: unknown): void {
    if (this.#fatal !== null) return;
    this.#fatal = asTailraceError(error);
    for (const lane of this.#lanes) void lane.stop();
    this.#notify();
    this.#events.onFatal(this.#fatal);
  }

  /** Wakes `room` and `drain` to look again. */
  #notify(): void {
    this.#change.resolve();
    this.#change = Promise.withResolvers();
  }

  #dispatchIdle(): void {
    for (const lane of this.#lanes) lane.dispatchIfIdle();
  }

  /** Sees to it that an action that nobody kicks is sent. */
  #setTimer(): void {
    if (this.#isTimerSet) return;
    this.#isTimerSet = true;
    void this.#clock.sleep(this.#flushIntervalMs, this.#closing.signal).then(() => {
      this.#isTimerSet = false;
      // Closed: the clock would give no time at all from now on.
      if (this.#closing.signal.aborted) return;
      this.#dispatchIdle();
      if (this.#lanes.some((lane) => lane.filling.count > 0)) this.#setTimer();
    });
  }
}
