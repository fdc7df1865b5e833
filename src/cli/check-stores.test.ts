import { mkdtempDisposable, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parseConfig } from "../config/load.ts";
import { ofTopology } from "../config/topology.ts";
import { checkStoreFolders, storeSpecs } from "./check-stores.ts";

function configWith(stores: string) {
  const text = `name = "x"
[source]
url = "mysql://u@h"
[sink]
hosts = ["http://h"]
[[rules]]
table = "a.b"
index = "i"
${stores}`;
  const config = parseConfig(text, { syntax: "toml", file: "x.toml", folder: "/", env: {} });
  return ofTopology(config, "direct");
}

test("a folder that is there or can be made is fine, one below a file is not", async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), "tailrace-"));
  const file = join(folder.path, "file");
  await writeFile(file, "");
  const check = async (path: string) => {
    const findings = await checkStoreFolders(
      configWith(`[state]\npath = ${JSON.stringify(path)}\n`),
    );
    return findings.map((finding) => [finding.severity, finding.message]);
  };
  expect(await check(folder.path)).toEqual([["ok", "can be written"]]);
  expect(await check(join(folder.path, "a/b"))).toEqual([
    ["ok", "does not exist yet and will be created"],
  ]);
  expect(await check(join(file, "a"))).toEqual([
    ["error", `${file} is no folder that this user may write`],
  ]);
});

test("stores in the cluster are checked as indices, not as folders", async () => {
  const config = configWith(`[state]\ntype = "elasticsearch"\nindex = "s"\n`);
  expect(await checkStoreFolders(config)).toEqual([]);
  expect(storeSpecs(config).map((spec) => spec.target.index)).toEqual([
    "s",
    "tailrace-dead-letters",
  ]);
});
