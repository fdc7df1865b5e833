import { mkdtempDisposable, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openTestTarget, type TestTarget } from "../support/elasticsearch.ts";
import { openTestDatabase, type TestDatabase } from "../support/mysql.ts";
import { openProxy } from "../support/proxy.ts";
import { until } from "../support/until.ts";
import { spawnTailrace, type TailraceProcess } from "./process.ts";

/** A database with a table `t`, a target, and a configuration from one to the other, starting at the end of the log. */
async function openScene(options: { readonly source?: string; readonly sink?: URL } = {}) {
  await using resources = new AsyncDisposableStack();
  const db: TestDatabase = resources.use(await openTestDatabase());
  const target: TestTarget = resources.use(await openTestTarget());
  const folder = await mkdtempDisposable(join(tmpdir(), "tailrace-"));
  resources.defer(() => folder.remove());
  await db.query("CREATE TABLE t (id INT PRIMARY KEY, name VARCHAR(20))");
  const file = join(folder.path, "shop.toml");
  const index = `${target.prefix}t`;
  await writeFile(
    file,
    `name = "${db.name.replaceAll("_", "-")}"
drain_timeout = "20s"
[source]
url = "mysql://root@${db.url.host}"
${options.source ?? 'start = "latest"'}
[sink]
hosts = ["${(options.sink ?? target.url).origin}"]
[[rules]]
table = "${db.name}.t"
index = "${index}"
`,
  );
  const held = resources.move();
  return { db, target, file, index, [Symbol.asyncDispose]: () => held.disposeAsync() };
}

function untilReading(child: TailraceProcess): Promise<unknown> {
  return until("reading the log", () => child.stderr.includes("reading the binary log"));
}

/** The lines of JSON that it has printed in full. */
function linesOf(text: string): readonly Record<string, unknown>[] {
  const lines = text.split("\n").slice(0, -1);
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

test("run writes what changes, tells its status, drains at SIGTERM and goes on from there", async () => {
  await using scene = await openScene();
  const { db, target, file, index } = scene;
  {
    await using child = spawnTailrace(["run", file, "--json"]);
    await untilReading(child);
    await db.query("INSERT INTO t VALUES (1, 'one'), (2, 'two')");
    await until("two documents", async () => (await target.all(index)).length === 2);
    await until("a status with both rows", () => linesOf(child.stdout).at(-1)?.["rows"] === 2);
    expect(linesOf(child.stdout).at(-1)).toMatchObject({
      state: "running",
      rows_in_flight: 0,
      applied: 2,
      rejected: 0,
      waiting_for: null,
      file: expect.stringMatching(/\.\d{6}$/),
    });
    child.send("SIGTERM");
    expect(await child.exitCode).toBe(0);
    expect(linesOf(child.stderr).at(-1)).toMatchObject({ level: "info", msg: "drained" });
  }
  await db.query("DELETE FROM t WHERE id = 1; UPDATE t SET name = 'zwei' WHERE id = 2");
  await using again = spawnTailrace(["run", file]);
  await until("the change and the delete", async () => {
    const [only, ...others] = await target.all(index);
    return others.length === 0 && only?._source["name"] === "zwei";
  });
  again.send("SIGINT");
  expect(await again.exitCode).toBe(0);
  expect(again.stdout).toBe("");
});

test("a second signal ends a drain at once with 130", async () => {
  await using outer = await openTestTarget();
  await using proxy = await openProxy(outer.url);
  await using scene = await openScene({ sink: proxy.url });
  await using child = spawnTailrace(["run", scene.file, "--json"]);
  await untilReading(child);
  await scene.db.query("INSERT INTO t VALUES (1, 'one')");
  await until("one row", () => linesOf(child.stdout).at(-1)?.["rows"] === 1);
  proxy.stall();
  await scene.db.query("INSERT INTO t VALUES (2, 'two')");
  await until("a row in flight", () => linesOf(child.stdout).at(-1)?.["rows_in_flight"] === 1);
  child.send("SIGINT");
  await until("the notice", () => child.stderr.includes("a second signal ends at once"));
  child.send("SIGINT");
  expect(await child.exitCode).toBe(130);
});

test("what needs a person ends the run with its code, and 2 when it is the configuration", async () => {
  await using scene = await openScene({ source: '[load]\nmode = "never"' });
  await using child = spawnTailrace(["run", scene.file, "--json"]);
  expect(await child.exitCode).toBe(2);
  expect(linesOf(child.stdout)).toMatchObject([{ error: { code: "CONFIG_START_MISSING" } }]);
  expect(linesOf(child.stderr).at(-1)).toMatchObject({
    level: "error",
    msg: "stopped",
    error: { code: "CONFIG_START_MISSING", remedy: expect.any(String) },
  });
  await using lost = spawnTailrace(["run", scene.file, "--from", "nowhere.000001:4"]);
  expect(await lost.exitCode).toBe(1);
  expect(lost.stderr).toContain("SOURCE_POSITION_LOST");
});
