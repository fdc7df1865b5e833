import type { Logger } from "../../src/core/logger.ts";
import { LoadRunner, type LoadRunnerOptions } from "../../src/snapshot/load-runner.ts";
import { newLoad } from "../../src/snapshot/new-load.ts";
import { FakeClock, FakeDestination, FakeSource, MemoryJournal } from "./fakes.ts";

/** A runner over fakes; its time passes when everyone sleeps. */
export interface Scene extends AsyncDisposable {
  readonly source: FakeSource;
  readonly destination: FakeDestination;
  readonly journal: MemoryJournal;
  readonly clock: FakeClock;
  readonly runner: LoadRunner;
  readonly logged: { readonly level: string; readonly message: string; readonly fields: object }[];
}

/** Opens a runner of two connections; `before` lends it what another one had. */
export function openScene(
  options: Partial<LoadRunnerOptions> = {},
  before?: Partial<Scene>,
): Scene {
  const source = before?.source ?? new FakeSource();
  const destination = before?.destination ?? new FakeDestination();
  const journal = before?.journal ?? new MemoryJournal();
  const clock = new FakeClock();
  const logged: Scene["logged"][number][] = [];
  const log =
    (level: string) =>
    (fields: object, message: string): void => {
      logged.push({ level, message, fields });
    };
  const logger: Logger = {
    debug: log("debug"),
    info: log("info"),
    warn: log("warn"),
    error: log("error"),
  };
  const runner = new LoadRunner({
    openReader: source.openReader,
    destination,
    journal,
    connections: 2,
    chunkBytes: 1_000,
    clock,
    logger,
    signal: new AbortController().signal,
    ...options,
  });
  return {
    source,
    destination,
    journal,
    clock,
    runner,
    logged,
    [Symbol.asyncDispose]: () => runner[Symbol.asyncDispose](),
  };
}

/** A load of the table `orders` that has not begun. */
export const orders = newLoad({
  database: "shop",
  table: "orders",
  rules: ["orders"],
  where: undefined,
});

/** The keys 1 to `rows`. */
export function upTo(rows: number): number[] {
  return Array.from({ length: rows }, (_, index) => index + 1);
}

/** Resolves when everything that can go on has done so. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Waits until something is so. */
export async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await nextTurn();
}

/** Keys in order. */
export function ascending(keys: readonly number[]): number[] {
  return keys.toSorted((a, b) => a - b);
}
