import { mkdtempDisposable, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { PipelineConfig } from "../config/config.ts";
import { parseTexts } from "../config/load.ts";
import { centreTexts, snapshotOf, type ConfigSource } from "../config/sources/source.ts";
import { TailraceError } from "../core/errors.ts";
import type { ReloadRequest } from "../pipeline/reload-requests.ts";
import { Reloader } from "./reloader.ts";

const NAME = "consul://c:8500/shop";

function text(index: string, more = ""): string {
  return `name = "shop"
${more}
[source]
host = "db"
user = "sync"
password = "hunter2"
server_id = 5
[sink]
hosts = ["http://127.0.0.1:9200/"]
[kafka]
brokers = ["k:9092"]
[[rules]]
table = "shop.orders"
index = "${index}"
`;
}

/** A reloader over a text that changes, and pipelines that answer as they are told. */
function scene(options: { readonly copy?: string; readonly answer?: Answer } = {}) {
  let written = text("a");
  const logs: string[] = [];
  const note = (level: string) => (fields: object, message: string) => {
    logs.push(`${level} ${message} ${JSON.stringify(fields)}`);
  };
  const logger = {
    debug: note("debug"),
    info: note("info"),
    warn: note("warn"),
    error: note("error"),
  };
  const take = () => snapshotOf(NAME, centreTexts(NAME, written));
  const source: ConfigSource = {
    name: NAME,
    isCentre: true,
    read: () => Promise.resolve(take()),
    async *changes() {},
    [Symbol.asyncDispose]: async () => {},
  };
  const load = ({ texts }: ReturnType<typeof take>) => parseTexts(texts, { env: {} });
  const snapshot = take();
  const configs = load(snapshot);
  const open = {
    source,
    snapshot,
    copied: null,
    load,
    select: (all: readonly PipelineConfig[]) => all,
    [Symbol.asyncDispose]: async () => {},
  };
  const reloader = new Reloader({ open, configs, logger, configCopy: options.copy });
  const asked: string[] = [];
  const stop = new AbortController();
  configs.forEach((config, i) => {
    void (async () => {
      for (;;) {
        const request = await reloader.requestsOf(i)?.next(stop.signal);
        if (!request) return;
        asked.push(`${config.topology} ${request.config.rules[0]?.index}`);
        if (options.answer) options.answer(request);
        else request.accept({ changes: [], needsReload: false });
      }
    })();
  });
  return {
    reloader,
    asked,
    logs,
    write: (next: string) => {
      written = next;
    },
    [Symbol.dispose]: () => stop.abort(),
  };
}

type Answer = (request: ReloadRequest) => void;

test("every pipeline takes a change over, and the status tells its number", async () => {
  using it = scene();
  expect(it.reloader.status()).toMatchObject({ version: 1, source: NAME, last_error: null });
  it.write(text("b"));
  expect(await it.reloader.reload()).toEqual({ version: 2, changes: [], needsReload: false });
  expect(it.asked).toEqual(["capture b", "sync b"]);
  expect(await it.reloader.reload()).toMatchObject({ version: 2 });
  expect(it.reloader.counts()).toEqual({ accepted: 1, unchanged: 1, refused: 0 });
});

test("a configuration that is wrong reaches no pipeline, and its reason is told without secrets", async () => {
  using it = scene();
  it.write(text("b", "nane = 1"));
  await expect(it.reloader.reload()).rejects.toThrow("unknown key");
  it.write(text("b").replace('password = "hunter2"', 'password = "hunter2'));
  await expect(it.reloader.reload()).rejects.toThrow(TailraceError);
  expect(it.asked).toEqual([]);
  expect(it.reloader.status()).toMatchObject({
    version: 1,
    last_error: { code: "CONFIG_UNREADABLE" },
  });
  expect(it.reloader.counts().refused).toBe(2);
  expect(it.logs).toHaveLength(2);
  expect(it.logs.join() + JSON.stringify(it.reloader.status())).not.toContain("hunter2");
  it.write(text("c"));
  await it.reloader.reload();
  expect(it.reloader.status()).toMatchObject({ version: 2, last_error: null });
});

test("when one pipeline refuses, those before it go back", async () => {
  using it = scene({
    answer: (request) => {
      const isBad = request.config.topology === "sync" && request.config.rules[0]?.index === "b";
      if (isBad) request.refuse(new TailraceError("BULK_ACCESS_DENIED", "not this index"));
      else request.accept({ changes: [], needsReload: false });
    },
  });
  it.write(text("b"));
  await expect(it.reloader.reload()).rejects.toThrow("not this index");
  expect(it.asked).toEqual(["capture b", "sync b", "capture a"]);
  expect(it.reloader.status().version).toBe(1);
});

test("another pipeline, name or place of the checkpoint takes a new process", async () => {
  using it = scene();
  it.write(text("a").replace('"shop"', '"other"'));
  await expect(it.reloader.reload()).rejects.toThrow("name cannot change while shop runs");
  it.write(text("a").replace('[kafka]\nbrokers = ["k:9092"]\n', ""));
  await expect(it.reloader.reload()).rejects.toMatchObject({ code: "CONFIG_RELOAD_REFUSED" });
  expect(it.asked).toEqual([]);
});

test("reloads that come together are carried out one after the other", async () => {
  using it = scene();
  it.write(text("b"));
  const answers = await Promise.all([it.reloader.reload(), it.reloader.reload()]);
  expect(answers.map((answer) => answer.version)).toEqual([2, 2]);
});

test("what a centre gave and was good is kept, what was refused is not", async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), "tailrace-copy-"));
  const copy = join(folder.path, "copy.json");
  using it = scene({ copy });
  await it.reloader.keepFirst();
  expect(await readFile(copy, "utf8")).toContain('index = \\"a\\"');
  it.write(text("b", "nane = 1"));
  await expect(it.reloader.reload()).rejects.toThrow("unknown key");
  expect(await readFile(copy, "utf8")).toContain('index = \\"a\\"');
  it.write(text("c"));
  await it.reloader.reload();
  expect(await readFile(copy, "utf8")).toContain('index = \\"c\\"');
});
