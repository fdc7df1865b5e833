import { expect, test } from "vitest";
import type { OffsetStart } from "../../config/config.ts";
import type { KafkaCluster } from "../../core/kafka.ts";
import { resolveOffsets } from "./offset-start.ts";

/** Two partitions with records 10 to 19 and 5 to 5 (none); the times of the records are their offsets. */
const cluster: Pick<KafkaCluster, "listOffsets"> = {
  listOffsets: (_topic, at) =>
    Promise.resolve(
      at === "earliest"
        ? new Map([
            [0, 10],
            [1, 5],
          ])
        : at === "latest"
          ? new Map([
              [0, 20],
              [1, 5],
            ])
          : new Map(at.timestampMs < 20 ? [[0, Math.max(10, at.timestampMs)]] : []),
    ),
};
const both = [0, 1].map((partition) => ({ topic: "t", partition }));

async function offsets(
  start: OffsetStart | undefined,
  { committed = [] as number[], begun = null as number | null } = {},
): Promise<number[]> {
  const resolved = await resolveOffsets(
    both,
    committed.map((offset, partition) => ({ topic: "t", partition, offset })),
    {
      cluster,
      group: "g",
      start,
      topics: { t: { id: "a", partitions: 2, begun, generation: 0 } },
    },
  );
  return resolved.toSorted((a, b) => a.partition - b.partition).map(({ offset }) => offset);
}

test("offsets that the group has committed win over the configured start", async () => {
  expect(await offsets({ kind: "latest" }, { committed: [12, 5] })).toEqual([12, 5]);
  expect(await offsets(undefined, { committed: [12, 5] })).toEqual([12, 5]);
  expect(await offsets({ kind: "earliest" }, { committed: [12] })).toEqual([12, 5]);
});

test("without an offset the configured start decides", async () => {
  expect(await offsets({ kind: "earliest" })).toEqual([10, 5]);
  expect(await offsets({ kind: "latest" })).toEqual([20, 5]);
  expect(await offsets({ kind: "timestamp", timestampMs: 15 })).toEqual([15, 5]);
  expect(await offsets({ kind: "timestamp", timestampMs: 50 })).toEqual([20, 5]);
  expect(await offsets({ kind: "offsets", offsets: { t: { "0": 11, "1": 5 } } })).toEqual([11, 5]);
});

test("no offset and no start, or a start that does not name the partition, is an error that names it", async () => {
  await expect(offsets(undefined)).rejects.toMatchObject({
    code: "KAFKA_OFFSET_MISSING",
    message: expect.stringMatching(/group g .* t\/0/) as string,
  });
  await expect(offsets({ kind: "offsets", offsets: { t: { "0": 11 } } })).rejects.toMatchObject({
    code: "KAFKA_OFFSET_MISSING",
    message: expect.stringContaining("t/1") as string,
  });
});

test("an offset whose records are gone is an error, not a reset", async () => {
  await expect(offsets({ kind: "earliest" }, { committed: [9, 5] })).rejects.toMatchObject({
    code: "KAFKA_OFFSET_LOST",
  });
});

test("partitions that were added are read from their beginning, whatever the start", async () => {
  expect(await offsets({ kind: "latest" }, { committed: [12], begun: 1 })).toEqual([12, 5]);
  expect(await offsets(undefined, { begun: 0 })).toEqual([10, 5]);
});

test("a group that has lost its offsets does not begin at the end", async () => {
  await expect(offsets({ kind: "latest" }, { begun: 2 })).rejects.toMatchObject({
    code: "KAFKA_OFFSET_MISSING",
  });
  expect(await offsets({ kind: "earliest" }, { begun: 2 })).toEqual([10, 5]);
});
