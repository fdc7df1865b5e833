import fc from "fast-check";
import { expect, test } from "vitest";
import { openFakeBulkServer } from "../../test/sink/fake-bulk-server.ts";
import { openTestSink } from "../../test/sink/sink-context.ts";
import {
  faults,
  findEarlyCloses,
  findWrongDocuments,
  misbehave,
  steps,
  take,
  type Taken,
} from "../../test/sink/sink-model.ts";

test("whatever fails, the index ends as the actions say, and closed never runs ahead", async () => {
  await fc.assert(
    fc.asyncProperty(
      steps,
      faults,
      fc.record({
        lanes: fc.integer({ min: 1, max: 4 }),
        maxActions: fc.integer({ min: 1, max: 40 }),
      }),
      async (drawnSteps, drawnFaults, options) => {
        await using server = await openFakeBulkServer();
        misbehave(server, drawnFaults);
        const taken: Taken[] = [];
        const early: string[] = [];
        await using context = await openTestSink(server.url, options, (sink) => {
          early.push(...findEarlyCloses(sink, taken, { server, letters: context.letters }));
        });
        const { sink, letters } = context;
        for (const step of drawnSteps) {
          if (step.kind !== "pause") {
            await take(sink, taken, step);
            continue;
          }
          sink.kick();
          await new Promise((resolve) => setTimeout(resolve, step.age % 5));
        }
        await sink.drain();
        expect(early).toEqual([]);
        expect(context.fatal).toEqual([]);
        expect(sink.closed).toBe(taken.length);
        expect(sink.taken).toBe(taken.length);
        expect(findEarlyCloses(sink, taken, { server, letters })).toEqual([]);
        expect(findWrongDocuments(taken, { server, letters })).toEqual([]);
        const { applied, conflicts, rejected, collapsed } = sink.stats();
        expect(applied + conflicts + rejected + collapsed).toBeGreaterThanOrEqual(taken.length);
        const closed = [...context.closed];
        expect(closed).toEqual(closed.toSorted((a, b) => a - b));
      },
    ),
    { numRuns: Number(process.env["SINK_MODEL_RUNS"] ?? 60) },
  );
}, 60_000);
