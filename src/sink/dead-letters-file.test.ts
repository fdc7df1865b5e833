import { appendFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { DeadLetter } from "../core/dead-letter.ts";
import { openDeadLetterFile } from "./dead-letters-file.ts";

async function openFolder(): Promise<{ readonly path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), "tailrace-letters-"));
  return {
    path,
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }),
  };
}

const letter = (id: string): DeadLetter => ({
  at: "2026-11-23T10:00:00.000Z",
  pipeline: "shop",
  kind: "document",
  code: "DOCUMENT_REJECTED",
  error: { type: "t", reason: "line\nbreak" },
  id,
});

const linesOf = async (path: string): Promise<string[]> =>
  (await readFile(path, "utf8")).trimEnd().split("\n");

test("letters are appended, a line each, also when stored at the same time", async () => {
  await using folder = await openFolder();
  const path = join(folder.path, "new", "letters.ndjson");
  await using store = openDeadLetterFile(path);
  await Promise.all([store.store([letter("1"), letter("2")]), store.store([letter("3")])]);
  await using later = openDeadLetterFile(path);
  await later.store([letter("4")]);
  const ids = (await linesOf(path)).map((line) => (JSON.parse(line) as DeadLetter).id);
  expect(ids).toEqual(["1", "2", "3", "4"]);
});

test("a line that a crash cut off does not swallow the next", async () => {
  await using folder = await openFolder();
  const path = join(folder.path, "letters.ndjson");
  await using store = openDeadLetterFile(path);
  await store.store([letter("1")]);
  await appendFile(path, '{"at":"2026');
  await store.store([letter("2")]);
  const lines = await linesOf(path);
  expect(lines).toHaveLength(3);
  expect(lines[2]).toBe(JSON.stringify(letter("2")));
});

test("a file that cannot be written is an error that may pass, and passes", async () => {
  await using folder = await openFolder();
  const parent = join(folder.path, "file");
  await writeFile(parent, "");
  await using store = openDeadLetterFile(join(parent, "letters.ndjson"));
  await expect(store.store([letter("1")])).rejects.toMatchObject({
    code: "STATE_DEAD_LETTERS_UNWRITABLE",
  });
  await rm(parent);
  await store.store([letter("1")]);
  expect(await linesOf(join(parent, "letters.ndjson"))).toHaveLength(1);
});
