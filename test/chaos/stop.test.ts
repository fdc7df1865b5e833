import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createConnection } from "mysql2/promise";
import { expect, test } from "vitest";
import { readLogEnd } from "../../scripts/support/log-end.ts";
import { lastLogLines, startPipelineProcess } from "../../scripts/support/pipeline-process.ts";
import { openTestTarget } from "../support/elasticsearch.ts";
import { openTestDatabase } from "../support/mysql.ts";
import { openProxy } from "../support/proxy.ts";
import { until } from "../support/until.ts";

const DRAIN_TIMEOUT_MS = 1_500;

test("a stop ends at its deadline while Elasticsearch stands still, with exit code 0", async () => {
  await using db = await openTestDatabase();
  await using target = await openTestTarget();
  await using proxy = await openProxy(target.url);
  const connection = await createConnection(db.url.href);
  const start = await readLogEnd(connection);
  connection.destroy();
  await db.query("CREATE TABLE a (id INT PRIMARY KEY, body VARCHAR(1000))");
  const folder = await mkdtemp(join(tmpdir(), "tailrace-"));
  const config = join(folder, "stop.toml");
  await writeFile(
    config,
    `name = "stop"
drain_timeout = "${DRAIN_TIMEOUT_MS}ms"
[source]
url = "mysql://sync:sync@${db.url.host}"
start = { file = "${start.file}", position = ${start.position} }
[sink]
hosts = ["${proxy.url.origin}"]
max_bytes = "16KiB"
[[rules]]
table = "${db.name}.a"
index = "${target.prefix}a"
`,
  );
  const logFile = join(folder, "log");
  await using pipeline = startPipelineProcess({ config, logFile });
  try {
    await db.query("INSERT INTO a VALUES (1, 'first')");
    await until("the first document", () => target.get(`${target.prefix}a`, "1"));
    proxy.stall();
    // More than the sink has room for: the pump waits.
    const rows = Array.from({ length: 1_000 }, (_, i) => [i + 2, "x".repeat(900)]);
    await db.query("INSERT INTO a VALUES ?", [rows]);
    await until("rows in flight", () => (pipeline.status?.rows_in_flight ?? 0) > 0);
    const startMs = performance.now();
    expect(await pipeline.stop(DRAIN_TIMEOUT_MS + 8_000)).toEqual({ code: 0, signal: null });
    expect(performance.now() - startMs).toBeGreaterThan(DRAIN_TIMEOUT_MS - 100);
    expect(await lastLogLines(logFile, 1)).toContain("stopped before everything in flight");
  } finally {
    await rm(folder, { recursive: true });
  }
});
