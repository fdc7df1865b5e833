import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Checkpoint } from "../core/checkpoint.ts";
import { openCheckpointFile } from "./checkpoint-file.ts";

interface Folder extends AsyncDisposable {
  readonly path: string;
  read(name: string): Promise<string>;
  write(name: string, text: string): Promise<void>;
}

async function openFolder(): Promise<Folder> {
  const path = await mkdtemp(join(tmpdir(), "tailrace-state-"));
  return {
    path,
    read: (name) => readFile(join(path, name), "utf8"),
    write: (name, text) => writeFile(join(path, name), text),
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }),
  };
}

const checkpoint = (position: number, pipeline = "shop"): Checkpoint => ({
  format: 1,
  pipeline,
  flavor: "mysql",
  serverUuid: "uuid",
  epoch: 1,
  file: "binlog.000001",
  position,
  gtidSet: "uuid:1-5",
  fingerprint: "f",
  gaps: [],
  savedAt: "2026-11-23T10:00:00.000Z",
});

const NAME = "shop.checkpoint.json";

test("a checkpoint is saved, loaded, and the one before is kept", async () => {
  await using folder = await openFolder();
  const options = { folder: join(folder.path, "new"), pipeline: "shop" };
  await using store = await openCheckpointFile(options);
  expect(await store.load()).toBeNull();
  await store.save(checkpoint(4));
  await store.save(checkpoint(5));
  await store.save(checkpoint(6));
  expect(await store.load()).toEqual(checkpoint(6));
  const previous = await folder.read("new/shop.checkpoint.previous.json");
  expect(JSON.parse(previous)).toEqual(checkpoint(5));
  const files = await readdir(options.folder);
  expect(files.filter((name) => name.endsWith(".new"))).toEqual([]);
});

test("pipelines with odd names have files of their own", async () => {
  await using folder = await openFolder();
  const names = ["a/b", "a%2fb", "a.b", "ä", "../x"];
  for (const [i, pipeline] of names.entries()) {
    await using store = await openCheckpointFile({ folder: folder.path, pipeline });
    await store.save(checkpoint(i, pipeline));
  }
  for (const [i, pipeline] of names.entries()) {
    await using store = await openCheckpointFile({ folder: folder.path, pipeline });
    expect(await store.load()).toEqual(checkpoint(i, pipeline));
  }
});

test.each([
  ["cut", JSON.stringify(checkpoint(4)).slice(0, 40)],
  ["empty", ""],
  ["null", "null"],
  ["of another format", JSON.stringify({ ...checkpoint(4), format: 2 })],
  ["without a position", JSON.stringify({ ...checkpoint(4), position: "4" })],
])("a file that is %s is an error that names both files", async (_name, text) => {
  await using folder = await openFolder();
  await folder.write(NAME, text);
  await using store = await openCheckpointFile({ folder: folder.path, pipeline: "shop" });
  const loaded = store.load();
  await expect(loaded).rejects.toMatchObject({ code: "STATE_UNREADABLE" });
  await expect(loaded).rejects.toThrow(/shop\.checkpoint\.json .*shop\.checkpoint\.previous\.json/);
});

test("the file of another pipeline is refused", async () => {
  await using folder = await openFolder();
  await folder.write(NAME, JSON.stringify(checkpoint(4, "other")));
  await using store = await openCheckpointFile({ folder: folder.path, pipeline: "shop" });
  await expect(store.load()).rejects.toMatchObject({ code: "STATE_FOREIGN" });
});

test("a second process is refused while the first one runs", async () => {
  await using folder = await openFolder();
  const options = { folder: folder.path, pipeline: "shop" };
  const first = await openCheckpointFile(options);
  await expect(openCheckpointFile(options)).rejects.toMatchObject({ code: "STATE_FOREIGN" });
  await first[Symbol.asyncDispose]();
  await using second = await openCheckpointFile(options);
  await second.save(checkpoint(4));
});

test("a process whose lock was taken over can no longer save", async () => {
  await using folder = await openFolder();
  const options = { folder: folder.path, pipeline: "shop" };
  await using first = await openCheckpointFile(options);
  await rm(join(folder.path, `${NAME}.lock`));
  await using second = await openCheckpointFile(options);
  await second.save(checkpoint(5));
  await expect(first.save(checkpoint(4))).rejects.toMatchObject({ code: "STATE_FOREIGN" });
  expect(await second.load()).toEqual(checkpoint(5));
});

test("a folder that cannot be written is an error that may pass", async () => {
  await using folder = await openFolder();
  await folder.write("file", "");
  const opened = openCheckpointFile({ folder: join(folder.path, "file"), pipeline: "shop" });
  await expect(opened).rejects.toMatchObject({ code: "STATE_UNWRITABLE" });
});
