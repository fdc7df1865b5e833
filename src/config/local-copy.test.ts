import { mkdtempDisposable, readdir, readFile, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readLocalCopy, saveLocalCopy } from "./local-copy.ts";
import { centreTexts, snapshotOf } from "./sources/source.ts";

const NAME = "consul://c:8500/shop";

test("a copy is whole, ours alone, and gives what was kept", async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), "tailrace-copy-"));
  const path = join(folder.path, "deep", "copy.json");
  const snapshot = snapshotOf(NAME, centreTexts(NAME, '{"name":"shop"}'));
  await saveLocalCopy(path, snapshot);
  await saveLocalCopy(path, snapshot);
  expect(await readLocalCopy(path, NAME)).toEqual(snapshot);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect(await readdir(join(folder.path, "deep"))).toEqual(["copy.json"]);
});

test("a copy of another configuration, or none, is refused", async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), "tailrace-copy-"));
  const path = join(folder.path, "copy.json");
  await expect(readLocalCopy(path, NAME)).rejects.toThrow(/no usable local copy .* at .*copy.json/);
  await saveLocalCopy(path, snapshotOf(NAME, centreTexts(NAME, "a = 'hunter2'")));
  await expect(readLocalCopy(path, "etcd://e/k")).rejects.toThrow(
    `is of ${NAME}, not of etcd://e/k`,
  );
  expect(await readFile(path, "utf8")).toContain("hunter2");
});
