import { expect, test } from "vitest";
import {
  FakeClock,
  FakeDestination,
  FakeSource,
  MemoryJournal,
} from "../../test/snapshot/fakes.ts";
import type { Logger } from "../core/logger.ts";
import { LoadRunner, type LoadRunnerOptions } from "./load-runner.ts";
import { newLoad } from "./new-load.ts";

interface Scene extends AsyncDisposable {
  readonly source: FakeSource;
  readonly destination: FakeDestination;
  readonly journal: MemoryJournal;
  readonly clock: FakeClock;
  readonly runner: LoadRunner;
  readonly logged: { readonly level: string; readonly message: string; readonly fields: object }[];
}

function openScene(options: Partial<LoadRunnerOptions> = {}, before?: Partial<Scene>): Scene {
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

const orders = newLoad({ database: "shop", table: "orders", rules: ["orders"], where: undefined });

function upTo(rows: number): number[] {
  return Array.from({ length: rows }, (_, index) => index + 1);
}

function ascending(keys: readonly number[]): number[] {
  return keys.toSorted((a, b) => a - b);
}

test("every row of a table is written once, and the load is done", async () => {
  await using scene = openScene();
  scene.source.fill("orders", 2_345);
  await scene.runner.start([orders]);
  await scene.runner.idle();
  expect(ascending(scene.destination.written)).toEqual(upTo(2_345));
  expect(scene.runner.status()).toMatchObject([
    { state: "done", rows: 2_345, after: ["2345"], upTo: ["2345"], estimatedRows: 2_345 },
  ]);
  expect(scene.journal.loads).toMatchObject([{ state: "done", rows: 2_345 }]);
});
