import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createRandom } from "../../scripts/support/random.ts";
import { spawnTailrace } from "../cli/process.ts";
import { tailrace } from "../cli/tailrace.ts";
import { SEED } from "../support/seed.ts";
import { until } from "../support/until.ts";
import { type FileScene, openFileScene } from "./file-scene.ts";
import { churn } from "./load-scene.ts";

/** Slow enough to be caught in the middle. */
const SLOWLY = ["--max-rows-per-second", "2000"];
const SMALL_CHUNKS = '[load]\nchunk_size = "16KiB"\nconnections = 2\n';

/** The last line of `--json`. */
function outcomeOf(stdout: string): Record<string, unknown> {
  return JSON.parse(stdout.trimEnd().split("\n").at(-1)!) as Record<string, unknown>;
}

async function countOf({ target, index }: FileScene): Promise<number> {
  await target.request("POST", `/${index}/_refresh`);
  const { body } = await target.request("GET", `/${index}/_count`);
  return Number((body as { count?: unknown }).count ?? 0);
}

/** Resolves when everything logged until now is in the documents of a run with `--json`. */
async function caughtUp({ db, target, index }: FileScene): Promise<void> {
  await db.query("replace into items values (-1, 0, uuid())");
  const [row] = await db.query<{ note: string }>("select note from items where id = -1");
  await until("the stream has caught up", async () => {
    const document = await target.get(index, "-1");
    return document?._source["note"] === row!.note;
  });
}

test("a table is loaded beside a stream in another process under changes, and equals its documents", async () => {
  await using scene = await openFileScene({ rows: 8_000, more: SMALL_CHUNKS });
  const { db, file } = scene;
  const random = createRandom(SEED, "load by versions");
  await using run = spawnTailrace(["run", file]);
  await until("reading the log", () => run.stderr.includes("reading the binary log"));
  await using changes = await churn(db, (n) => {
    const id = random.integer(1, 8_000);
    return [
      `delete from items where id between ${id} and ${id + 2}`,
      `update items set note = 'changed ${n}' where id = ${id}`,
      `insert into items values (${id}, 1, 'again') on duplicate key update note = 'again'`,
      `update items set id = ${20_000 + n} where id = ${id}`,
    ][n % 4]!;
  });
  const { code, stdout, stderr } = await tailrace(["load", file, "--json"]);
  expect(code, stderr).toBe(0);
  expect(outcomeOf(stdout)).toMatchObject({ finished: true, dead_letters: 0 });
  await changes[Symbol.asyncDispose]();
  await caughtUp(scene);
  run.send("SIGTERM");
  expect(await run.exitCode).toBe(0);
  expect(changes.count).toBeGreaterThan(20);
  const { differences, tables } = await scene.verify();
  expect(differences).toEqual([]);
  expect(tables[0]!.rows).toBeGreaterThan(1_000);
});

test("a load that was killed goes on where it was with the same arguments, another one is given up, --restart begins anew", async () => {
  await using scene = await openFileScene({ rows: 6_000, more: SMALL_CHUNKS });
  const { file, folder, name } = scene;
  const journal = async (): Promise<{ loads: { rows: number }[] }> =>
    JSON.parse(await readFile(join(folder, "state", `${name}.load.json`), "utf8"));
  {
    await using killed = spawnTailrace(["load", file, ...SLOWLY]);
    await until("half of it is loaded", async () => (await journal()).loads[0]!.rows > 2_000);
    const second = await tailrace(["load", file, "--json"]);
    expect(second.code).toBe(1);
    expect(second.stdout).toContain("STATE_FOREIGN");
    killed.send("SIGKILL");
    await killed.exitCode;
  }
  const done = (await journal()).loads[0]!.rows;
  // what is refused gives nothing up
  expect((await tailrace(["load", file, "--keys", "x"])).code).toBe(2);
  const resumed = await tailrace(["load", file, "--json"]);
  expect(resumed.code).toBe(0);
  const outcome = outcomeOf(resumed.stdout);
  expect(outcome).toMatchObject({ finished: true, tables: [{ rows: 6_000 }] });
  expect(outcome["documents"]).toBe(6_000 - done);
  expect((await scene.verify()).differences).toEqual([]);
  // what has ended begins anew, and so does what is asked for otherwise
  const anew = await tailrace(["load", file, "--json", "--where", "id <= 10"]);
  expect(outcomeOf(anew.stdout)).toMatchObject({ tables: [{ rows: 10 }], documents: 10 });
});

test("Ctrl-C stops a load, which says that it can be gone on with", async () => {
  await using scene = await openFileScene({ rows: 6_000, more: SMALL_CHUNKS });
  await using load = spawnTailrace(["load", scene.file, ...SLOWLY]);
  await until("some of it is loaded", async () => (await countOf(scene)) > 500);
  load.send("SIGINT");
  expect(await load.exitCode).toBe(0);
  expect(load.stdout).toMatch(/^[\d,]+ rows in .*\nstopped: the same command goes on from here\n$/);
  const { stdout } = await tailrace(["load", scene.file]);
  expect(stdout).toMatch(/^6,000 rows in .* 0 dead letters/);
  expect((await scene.verify()).differences).toEqual([]);
});

test("rows are loaded by their keys, and documents of keys without a row are deleted", async () => {
  await using scene = await openFileScene({ rows: 700 });
  const { db, file, target, index, folder } = scene;
  await tailrace(["load", file]);
  await db.query(
    "delete from items where id between 100 and 300; update items set note = 'new' where id in (1, 301, 500)",
  );
  const keys = join(folder, "keys");
  await writeFile(keys, Array.from({ length: 300 }, (_, i) => `${i + 100}\n`).join(""));
  const many = await tailrace(["load", file, "--keys-from", keys, "--json"]);
  expect(outcomeOf(many.stdout)).toMatchObject({ keys_found: 99, keys_gone: 201 });
  const few = await tailrace(["load", file, "--keys", "1, 999", "--json"]);
  expect(outcomeOf(few.stdout)).toMatchObject({ finished: true, keys_found: 1, keys_gone: 1 });
  expect(await target.get(index, "1")).toMatchObject({ _source: { note: "new" } });
  expect(await target.get(index, "500")).not.toMatchObject({ _source: { note: "new" } });
  expect(await target.get(index, "200")).toBeNull();
  expect(await countOf(scene)).toBe(499);
});

test("bad conditions, tables and keys are refused before anything is written", async () => {
  await using scene = await openFileScene({ rows: 10 });
  const { file } = scene;
  const refused = async (...args: string[]): Promise<string> => {
    const { code, stderr } = await tailrace(["load", file, ...args]);
    expect(code).not.toBe(0);
    return stderr;
  };
  expect(await refused("--where", "nope = 1")).toMatch(
    /SNAPSHOT_WHERE_INVALID.*Unknown column 'nope'/,
  );
  expect(await refused("--where", "1 = 1) or (1 = 1")).toContain("SNAPSHOT_WHERE_INVALID");
  expect(await refused("--table", "shop.none")).toContain("SNAPSHOT_NOTHING");
  expect(await refused("--rule", "none")).toContain("SNAPSHOT_NOTHING");
  expect(await refused("--keys", "1,x")).toContain("CONFIG_INVALID");
  expect(await refused("--keys", "[[1,2]]")).toContain("CONFIG_INVALID");
  expect(await refused("--keys", "1", "--where", "id = 1")).toContain("cannot be used with");
  expect((await scene.target.request("HEAD", `/${scene.index}`)).status).toBe(404);
});

test("a new index is relaxed while it is loaded, and is put back also after a kill", async () => {
  const more = `${SMALL_CHUNKS}relax_index = true\n`;
  await using scene = await openFileScene({ rows: 6_000, more });
  const { file, target, index } = scene;
  const settings = async (): Promise<unknown> => {
    const { body } = await target.request("GET", `/${index}/_settings?flat_settings=true`);
    const { settings: all } = (body as Record<string, { settings: Record<string, unknown> }>)[
      index
    ]!;
    return [all["index.refresh_interval"], all["index.number_of_replicas"]];
  };
  {
    await using killed = spawnTailrace(["load", file, ...SLOWLY]);
    await until("the index is relaxed", async () => String(await settings()) === "-1,0");
    killed.send("SIGKILL");
    await killed.exitCode;
  }
  expect(await settings()).toEqual(["-1", "0"]);
  {
    // whoever runs next puts it back, be it the stream
    await using run = spawnTailrace(["run", file]);
    await until("the settings are as before", async () => String(await settings()) === ",1");
    run.send("SIGTERM");
    await run.exitCode;
  }
  expect((await tailrace(["load", file])).code).toBe(0);
  expect(await settings()).toEqual([undefined, "1"]);
  const { body } = await target.request("GET", `/${index}/_mapping`);
  expect(JSON.stringify(body)).not.toContain("tailrace_relaxed");
  expect((await scene.verify()).differences).toEqual([]);
});

test("rules with upsert are loaded only while nothing streams them", async () => {
  await using scene = await openFileScene({ rows: 100, rule: "upsert = true" });
  const { file } = scene;
  {
    await using run = spawnTailrace(["run", file]);
    await until("reading the log", () => run.stderr.includes("reading the binary log"));
    const { code, stderr } = await tailrace(["load", file]);
    expect(code).toBe(1);
    expect(stderr).toContain("SNAPSHOT_UNVERSIONED");
    run.send("SIGTERM");
    await run.exitCode;
  }
  expect((await tailrace(["load", file])).code).toBe(0);
  expect((await scene.verify()).differences).toEqual([]);
});

test("load --then run loads beside its own stream, and streams on", async () => {
  await using scene = await openFileScene({ rows: 3_000, more: SMALL_CHUNKS });
  const { db, file } = scene;
  await using run = spawnTailrace(["load", file, "--then", "run"]);
  await until("the load is done", () => run.stderr.includes("a load is done"));
  await db.query("update items set note = 'later' where id = 5; delete from items where id = 6");
  await caughtUp(scene);
  run.send("SIGTERM");
  expect(await run.exitCode).toBe(0);
  expect((await scene.verify()).differences).toEqual([]);
});
