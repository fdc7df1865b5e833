import { mkdtempDisposable, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readSeekTarget } from "./seek-target.ts";
import { describeSteps } from "./seek.ts";

test("a target is a word, a time with its zone, or a file of offsets", async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), "tailrace-"));
  const file = join(folder.path, "offsets.json");
  await writeFile(file, '{"orders": {"0": 42, "1": 0}}');
  expect(await readSeekTarget("earliest")).toEqual({ kind: "earliest" });
  expect(await readSeekTarget("latest")).toEqual({ kind: "latest" });
  expect(await readSeekTarget("2026-11-23T10:00:00+01:00")).toEqual({
    kind: "timestamp",
    timestampMs: Date.UTC(2026, 10, 23, 9),
  });
  expect(await readSeekTarget(file)).toEqual({
    kind: "offsets",
    offsets: { orders: { "0": 42, "1": 0 } },
  });
});

test.each(["[]", '{"orders": [1]}', '{"orders": {"x": 1}}', '{"orders": {"0": -1}}', "5"])(
  "the offsets %s are refused",
  async (content) => {
    await using folder = await mkdtempDisposable(join(tmpdir(), "tailrace-"));
    const file = join(folder.path, "offsets.json");
    await writeFile(file, content);
    await expect(readSeekTarget(file)).rejects.toMatchObject({ code: "CONFIG_INVALID" });
  },
);

test("a time without a zone, and a file that is not there, are refused", async () => {
  await expect(readSeekTarget("2026-11-23T10:00:00")).rejects.toMatchObject({
    code: "CONFIG_INVALID",
  });
  await expect(readSeekTarget("/nowhere.json")).rejects.toMatchObject({
    code: "CONFIG_UNREADABLE",
  });
});

test("partitions are shown before and after, as a table", () => {
  const span = { first: 0, end: 2_000 };
  const steps = [
    { topic: "orders", partition: 0, before: 1_500, after: 42, ...span },
    { topic: "orders", partition: 11, before: null, after: 7, ...span },
    { topic: "items", partition: 0, before: 7, after: 7, ...span },
  ];
  expect(describeSteps(steps)).toBe(
    [
      "topic   partition  before  after  change",
      "orders          0    1500     42   -1458",
      "orders         11    none      7",
      "items           0       7      7",
    ].join("\n"),
  );
});
