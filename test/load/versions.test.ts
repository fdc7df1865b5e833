import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { startService } from "../../scripts/services/start-service.ts";
import type { DirectConfig } from "../../src/config/config.ts";
import { parseConfig } from "../../src/config/load.ts";
import { ofTopology } from "../../src/config/topology.ts";
import { systemClock } from "../../src/core/clock.ts";
import { createReplicaLagGate } from "../../src/pipeline/load/replica-lag.ts";
import { runLoad } from "../../src/pipeline/load/run-load.ts";
import { openLoadIndex } from "../../src/pipeline/load/load-journal-index.ts";
import { openJsonClient } from "../../src/sink/client.ts";
import { openTestTarget } from "../support/elasticsearch.ts";
import { databaseOf } from "../support/own-servers.ts";
import { openProxy } from "../support/proxy.ts";
import { until } from "../support/until.ts";
import { type FileScene, openFileScene } from "./file-scene.ts";

/** A logger that keeps what is wrong. */
function openLog() {
  const lines: string[] = [];
  const note = (fields: object, message: string): void => {
    const { err } = fields as { err?: { code?: string } };
    lines.push(`${err?.code ?? ""} ${message}`.trim());
  };
  return { lines, logger: { debug: () => {}, info: note, warn: note, error: note } };
}

async function configOf({ file, folder }: FileScene, elasticsearch: URL): Promise<DirectConfig> {
  const text = await readFile(file, "utf8");
  const config = ofTopology(parseConfig(text, { syntax: "toml", file, folder }), "direct");
  return { ...config, sink: { ...config.sink, hosts: [elasticsearch.origin] } };
}

test("a chunk that is not accepted in half of gc_deletes is broken off and read again: rows deleted meanwhile have no documents", async () => {
  const more = '[load]\nchunk_size = "4KiB"\nconnections = 1\nmax_rows_per_second = 400\n';
  await using scene = await openFileScene({ rows: 1_000, more });
  const { db, target, index } = scene;
  await using proxy = await openProxy(target.url);
  await target.request("PUT", `/${index}`, { settings: { "index.gc_deletes": "4s" } });
  const { lines, logger } = openLog();
  const loading = runLoad(
    await configOf(scene, proxy.url),
    {},
    { isAnew: false, clock: systemClock, logger, signal: new AbortController().signal },
  );
  await until("some rows are loaded", async () => (await target.get(index, "1")) !== null);
  proxy.stall();
  await db.query("delete from items where id > 500");
  await until("a chunk was late", () => lines.some((line) => line.startsWith("SNAPSHOT_LATE")));
  proxy.cut();
  proxy.resume();
  const { isFinished, stats } = await loading;
  expect(isFinished).toBe(true);
  expect(stats.rejected).toBe(0);
  expect((await scene.verify()).differences).toEqual([]);
});

test("of two that want a pipeline's loads one has them, and the other one goes on when it is gone", async () => {
  await using target = await openTestTarget();
  await using client = openJsonClient({ hosts: [target.url.origin] });
  const { signal } = new AbortController();
  const place = {
    client,
    index: `${target.prefix}state`,
    pipeline: "shop",
    kind: "load",
    clock: systemClock,
    signal,
    leaseMs: 600,
  } as const;
  const first = (await openLoadIndex(place))!;
  expect(await first.load()).toBeNull();
  const job = { format: 1, pipeline: "shop", job: "all", loads: [], savedAt: "" } as const;
  await first.save(job);
  await expect(openLoadIndex(place)).rejects.toMatchObject({ code: "STATE_FOREIGN" });
  const held: unknown[] = [];
  const waiting = openLoadIndex({ ...place, waits: true, onHeld: (seen) => held.push(seen) });
  await until("the other one waits", () => held.length > 3);
  expect(held.at(-1)).toEqual(job);
  await first[Symbol.asyncDispose]();
  await using second = (await waiting)!;
  expect(await second.load()).toEqual(job);
  await expect(first.save(job)).rejects.toMatchObject({ code: "STATE_FOREIGN" });
});

test("a holder on another machine that gives no sign of life is taken over", async () => {
  await using target = await openTestTarget();
  await using client = openJsonClient({ hosts: [target.url.origin] });
  const { signal } = new AbortController();
  const index = `${target.prefix}state`;
  const place = {
    client,
    index,
    pipeline: "shop",
    kind: "load",
    clock: systemClock,
    signal,
  } as const;
  const lease = { owner: "another", beat: 7, pid: 1, started: "", host: "elsewhere" };
  const load = { format: 1, pipeline: "shop", job: "all", loads: [], savedAt: "" };
  const document = {
    pipeline: "shop",
    saved_at: new Date(0).toISOString(),
    owner: "another",
    load,
    lease,
  };
  await target.request("PUT", `/${index}/_doc/load:shop`, document);
  await using store = (await openLoadIndex({ ...place, leaseMs: 500 }))!;
  expect(await store.load()).toEqual(load);
});

test(
  "loading waits while the replica that must keep up lags or does not replicate, and says so",
  { timeout: 180_000 },
  async () => {
    await using first = await startService("mysql", { owned: true, dedicated: true });
    await using second = await startService("mysql", { owned: true, dedicated: true });
    const [a, b] = [databaseOf(first), databaseOf(second)];
    await a.query("create table t (id int primary key)");
    await b.query(
      `change replication source to source_host='127.0.0.1', source_port=${a.url.port}, source_user='root', source_auto_position=1, get_source_public_key=1; start replica`,
    );
    const { lines, logger } = openLog();
    await using gate = createReplicaLagGate({
      connection: { host: b.url.hostname, port: Number(b.url.port), user: "root" },
      maxLagMs: 3_000,
      clock: systemClock,
      logger,
    });
    const { signal } = new AbortController();
    await until("it replicates", async () => {
      const [row] = await b.query<{ Seconds_Behind_Source: string | null }>("show replica status");
      return row?.Seconds_Behind_Source === "0";
    });
    await gate.mayRead(signal);
    expect(lines).toEqual([]);
    await b.query("stop replica");
    const stop = new AbortController();
    await until("it is noticed", async () => {
      void gate.mayRead(stop.signal);
      return lines.length > 0;
    });
    stop.abort();
    expect(lines).toEqual(["loading waits for the replica: it does not replicate"]);
    await b.query("change replication source to source_delay = 5; start replica");
    await a.query("insert into t values (1)");
    await until("it lags", async () => {
      const [row] = await b.query<{ Seconds_Behind_Source: string }>("show replica status");
      return Number(row?.Seconds_Behind_Source) > 3;
    });
    await gate.mayRead(signal);
    expect(lines.at(-1)).toBe("loading goes on: the replica keeps up");
  },
);
