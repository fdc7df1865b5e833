import { mkdtempDisposable, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parseKeys, readKeys } from "./read-keys.ts";

test.each([
  ["1,2, 3", [["1"], ["2"], ["3"]]],
  ["[1, 12345678901234567890]", [["1"], ["12345678901234567890"]]],
  ['["a,b", "c"]', [["a,b"], ["c"]]],
  [
    '[[1, "x"], [2, "y"]]',
    [
      ["1", "x"],
      ["2", "y"],
    ],
  ],
])("--keys %s", (text, keys) => {
  expect(parseKeys(text)).toEqual(keys);
});

test.each(["[1", "[null]", "[{}]"])("--keys %s is refused", (text) => {
  expect(() => parseKeys(text)).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
});

test("a file has a key a line, those of several columns as JSON", async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), "tailrace-keys-"));
  const path = join(folder.path, "keys");
  await writeFile(path, 'a b\r\nc,d\n\n[7, "x"]\n');
  expect(await readKeys(path)).toEqual([["a b"], ["c,d"], ["7", "x"]]);
  await expect(readKeys(`${path}2`)).rejects.toMatchObject({ code: "CONFIG_UNREADABLE" });
});
