import { expect, test } from "vitest";
import type { ChangeStream, CommitEvent } from "../core/change-event.ts";
import type { Sink } from "../core/sink.ts";
import { Boundary } from "./boundary.ts";
import { DocumentDestination, type Marks } from "./document-destination.ts";
import { pump } from "./pump.ts";
import type { Router } from "./router.ts";
import { CommitTracker } from "./tracker.ts";

test("reading waits when the sink stands still under transactions without rows", async () => {
  const abort = new AbortController();
  const tracker = new CommitTracker();
  let read = 0;
  const stream = {
    poll: () => {
      read += 1;
      if (read === 300_000) abort.abort();
      const position = { file: "binlog.000001", position: read };
      return { kind: "commit", position, commitTimeUs: 0 };
    },
  } as Partial<ChangeStream> as ChangeStream;
  const still = Promise.withResolvers<void>();
  let closed = 0;
  const sink = {
    taken: 1,
    get closed() {
      return closed;
    },
    drain: () => still.promise,
  } as Partial<Sink> as Sink;
  const marks: Marks<CommitEvent> = {
    add: (mark, taken) => tracker.add(mark, taken),
    get size() {
      return tracker.size;
    },
    close: (upTo) => tracker.close(upTo, () => {}),
  };
  const destination = new DocumentDestination({
    router: {} as Router,
    sink,
    marks,
    boundary: new Boundary(),
  });
  const pumped = pump(
    {
      stream,
      destination,
      onGap: () => Promise.resolve(),
      onPoison: () => Promise.resolve(),
    },
    abort.signal,
  );
  await new Promise(setImmediate);
  expect(read).toBe(100_000);
  closed = 1;
  still.resolve();
  await pumped;
  expect(read).toBe(300_000);
  expect(tracker.size).toBeLessThanOrEqual(100_000);
});
