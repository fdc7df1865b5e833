import type { Clock } from "../../src/core/clock.ts";
import type { DeadLetter, DeadLetterStore } from "../../src/core/dead-letter.ts";
import type { Logger } from "../../src/core/logger.ts";
import type { Sink } from "../../src/core/sink.ts";
import type { Target } from "../../src/core/action-writer.ts";
import type { SinkOptions } from "../../src/sink/options.ts";
import { openSink } from "../../src/sink/sink.ts";

/** A clock on which a second passes in five milliseconds and chance is always the same. */
export const fastClock: Clock = {
  now: () => Date.now(),
  random: () => 0.5,
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, ms / 200);
      signal?.addEventListener("abort", () => {
        clearTimeout(timer);
        resolve();
      });
    }),
};

/** One line that was logged. */
export interface LogLine {
  readonly level: "debug" | "info" | "warn" | "error";
  readonly fields: object;
  readonly message: string;
}

/** A sink on a server, with what it told us. */
export interface TestSink extends AsyncDisposable {
  readonly sink: Sink;
  readonly letters: DeadLetter[];
  readonly log: LogLine[];
  /** Values of `closed` in the order in which they were announced. */
  readonly closed: number[];
  readonly fatal: Error[];
}

/** Opens a sink on `url` with a fast clock, dead letters in an array and a log in another. */
export async function openTestSink(
  url: string | readonly string[],
  options: Partial<SinkOptions> = {},
  onClosed: (sink: Sink) => void = () => undefined,
): Promise<TestSink> {
  const letters: DeadLetter[] = [];
  const log: LogLine[] = [];
  const closed: number[] = [];
  const fatal: Error[] = [];
  const deadLetters: DeadLetterStore = {
    store: (more) => {
      letters.push(...more);
      return Promise.resolve();
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  const line =
    (level: LogLine["level"]) =>
    (fields: object, message: string): void => {
      log.push({ level, fields, message });
    };
  const logger: Logger = {
    debug: line("debug"),
    info: line("info"),
    warn: line("warn"),
    error: line("error"),
  };
  const sink = await openSink(
    {
      hosts: typeof url === "string" ? [url] : url,
      pipeline: "test",
      deadLetters,
      clock: fastClock,
      logger,
      ...options,
    },
    {
      onClosed: () => {
        closed.push(sink.closed);
        onClosed(sink);
      },
      onFatal: (error) => fatal.push(error),
    },
  );
  return {
    sink,
    letters,
    log,
    closed,
    fatal,
    [Symbol.asyncDispose]: () => sink[Symbol.asyncDispose](),
  };
}

/** Writes a document as an encoder does, waiting for room. */
export async function write(
  sink: Sink,
  target: Target,
  action: { readonly id: string; readonly version: bigint; readonly document: unknown },
): Promise<void> {
  const { writer } = sink;
  const bytes = Buffer.from(
    typeof action.document === "string" ? action.document : JSON.stringify(action.document),
  );
  for (;;) {
    writer.begin(target, Number(action.version >> 32n), Number(action.version & 0xffffffffn));
    const slot = writer.index(writeId(sink, action.id), bytes.length);
    if (slot !== null) {
      bytes.copy(slot.bytes, slot.length);
      writer.finish(slot, slot.length + bytes.length);
      return;
    }
    await sink.room();
  }
}

/** Deletes a document as an encoder does, waiting for room. */
export async function remove(
  sink: Sink,
  target: Target,
  action: { readonly id: string; readonly version: bigint },
): Promise<void> {
  const { writer } = sink;
  for (;;) {
    writer.begin(target, Number(action.version >> 32n), Number(action.version & 0xffffffffn));
    if (writer.delete(writeId(sink, action.id))) return;
    await sink.room();
  }
}

function writeId(sink: Sink, id: string): number {
  return sink.writer.id.write(JSON.stringify(id).slice(1, -1));
}
