import { mkdir, mkdtempDisposable, rename, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { TailraceError } from "../../core/errors.ts";
import { parseTexts } from "../load.ts";
import { openConfigSource } from "./open.ts";
import type { ConfigSource } from "./source.ts";

const MAIN = `name = "shop"
source.url = "mysql://sync:\${file:secret}@127.0.0.1"
sink.hosts = ["http://127.0.0.1:9200/"]

[[rules]]
table = "shop.orders"
index = "orders"
`;

const RULE = (table: string) => `[[rules]]\ntable = "shop.${table}"\nindex = "${table}"\n`;

async function folder(files: Readonly<Record<string, string>>) {
  const directory = await mkdtempDisposable(join(tmpdir(), "tailrace-config-"));
  await mkdir(join(directory.path, "rules"));
  for (const [name, text] of Object.entries(files))
    await writeFile(join(directory.path, name), text);
  return directory;
}

/** The first text of the next snapshot. */
async function next(source: ConfigSource, signal: AbortSignal): Promise<string> {
  for await (const { texts } of source.changes(signal)) return texts[0].text;
  throw new Error("no more changes");
}

test("a folder's rules are put together in the order of their paths", async () => {
  await using directory = await folder({
    "tailrace.toml": MAIN,
    secret: "pw\n",
    "b.toml": RULE("b"),
    "a.json": JSON.stringify({ rules: [{ table: "shop.a", index: "a" }] }),
    "rules/c.toml": RULE("c"),
    ".hidden.toml": "not toml at all",
    "package.json": "{}",
    "notes.md": "",
  });
  await using source = await openConfigSource(directory.path);
  const { texts } = await source.read();
  const [pipeline] = parseTexts(texts, { env: {} });
  expect(pipeline?.rules.map((rule) => rule.index)).toEqual(["orders", "a", "b", "c"]);
  expect(pipeline?.source).toMatchObject({ password: "pw" });
});

test("a problem names the file that it is in", async () => {
  await using directory = await folder({
    "tailrace.toml": MAIN,
    secret: "pw",
    "a.toml": RULE("a"),
    "rules/b.toml": `${RULE("b")}\n${RULE("c")}upsrt = true\n`,
  });
  await using source = await openConfigSource(directory.path);
  const { texts } = await source.read();
  expect(() => parseTexts(texts, { env: {} })).toThrow(
    new RegExp(
      String.raw`rules/b\.toml:8:1: rules\[1\]\.upsrt: unknown key; did you mean "upsert"\?`,
    ),
  );
});

test("only rules and tests may stand beside the main file", async () => {
  await using directory = await folder({ "tailrace.toml": MAIN, "b.toml": 'name = "other"\n' });
  await using source = await openConfigSource(directory.path);
  const { texts } = await source.read();
  expect(() => parseTexts(texts, { env: {} })).toThrow(/b\.toml:1:\d+: name: only \[\[rules\]\]/);
});

test("a folder without a main file, or with two, is refused", async () => {
  await using directory = await folder({ "a.toml": RULE("a") });
  await using source = await openConfigSource(directory.path);
  await expect(source.read()).rejects.toThrow(/has neither tailrace.toml nor tailrace.json/);
  await writeFile(join(directory.path, "tailrace.json"), "{}");
  await writeFile(join(directory.path, "tailrace.toml"), "");
  await expect(source.read()).rejects.toThrow(/has both tailrace.toml and tailrace.json/);
});

test("a file that an editor puts in the old one's place is noticed, one with the same text is none", async () => {
  await using directory = await folder({ "shop.toml": "a = 1" });
  const path = join(directory.path, "shop.toml");
  await using source = await openConfigSource(path, { pollIntervalMs: 60_000 });
  expect((await source.read()).texts[0].text).toBe("a = 1");
  const stop = new AbortController();
  const changes = source.changes(stop.signal)[Symbol.asyncIterator]();
  const coming = changes.next();
  await writeFile(join(directory.path, "shop.toml~"), "a = 1");
  await rename(join(directory.path, "shop.toml~"), path);
  await writeFile(join(directory.path, "shop.toml~"), "a = 2");
  await rename(join(directory.path, "shop.toml~"), path);
  expect(((await coming).value as { texts: { text: string }[] }).texts[0]?.text).toBe("a = 2");
  stop.abort();
  expect((await changes.next()).done).toBe(true);
});

test("the links of a Kubernetes ConfigMap are followed when they are swapped", async () => {
  await using directory = await folder({});
  const at = (name: string): string => join(directory.path, name);
  await mkdir(at("..1"));
  await writeFile(at("..1/tailrace.toml"), "version = 1");
  await symlink("..1", at("..data"));
  await symlink("..data/tailrace.toml", at("tailrace.toml"));
  const stop = new AbortController();
  for (const path of [directory.path, at("tailrace.toml")]) {
    await using source = await openConfigSource(path, { pollIntervalMs: 60_000 });
    const { texts } = await source.read();
    const coming = next(source, stop.signal);
    const version = texts[0].text === "version = 1" ? 2 : 3;
    await mkdir(at(`..${version}`));
    await writeFile(at(`..${version}/tailrace.toml`), `version = ${version}`);
    await symlink(`..${version}`, at("..data_tmp"));
    await rename(at("..data_tmp"), at("..data"));
    expect(await coming).toBe(`version = ${version}`);
  }
});

test("rules that are added to a folder are noticed", async () => {
  await using directory = await folder({ "tailrace.toml": MAIN, secret: "pw" });
  await using source = await openConfigSource(directory.path, { pollIntervalMs: 60_000 });
  await source.read();
  const stop = new AbortController();
  const changes = source.changes(stop.signal)[Symbol.asyncIterator]();
  const coming = changes.next();
  await writeFile(join(directory.path, "rules/new.toml"), RULE("new"));
  const { value } = await coming;
  expect((value as { texts: unknown[] }).texts).toHaveLength(2);
  await changes.return?.();
});

test("what is looked at now and then finds what no watch has seen", async () => {
  const env: Record<string, string> = {};
  await using source = await openConfigSource("env:SHOP", { env });
  await expect(source.read()).rejects.toThrow("the environment variable SHOP is not set");
  env["SHOP"] = '{ "name": "shop" }';
  const { texts, name } = await source.read();
  expect(texts[0]).toMatchObject({ syntax: "json", file: "env:SHOP" });
  expect(name).toBe("env:SHOP");
});

test("a missing file is told by its name", async () => {
  await using source = await openConfigSource("/nowhere/shop.toml");
  await expect(source.read()).rejects.toThrow(TailraceError);
  await expect(source.read()).rejects.toThrow("/nowhere/shop.toml cannot be read");
  await using other = await openConfigSource("/nowhere/shop.yaml");
  await expect(other.read()).rejects.toThrow("must end in .toml or .json");
});
