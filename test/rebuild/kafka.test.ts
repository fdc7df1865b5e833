import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parsePipelines } from "../../src/config/load.ts";
import { ofTopology } from "../../src/config/topology.ts";
import { recoverSync } from "../../src/pipeline/recover/recover-sync.ts";
import { readRebuild, rebuildIndex, rollBack } from "../../src/pipeline/rebuild/rebuild.ts";
import { openJsonClient } from "../../src/sink/client.ts";
import { openSyncStateIndex } from "../../src/state/sync-state-elasticsearch.ts";
import { openTestTarget } from "../support/elasticsearch.ts";
import { openTestTopics } from "../support/kafka-topics.ts";
import { openTestDatabase } from "../support/mysql.ts";
import { startPipeline } from "../support/pipeline-run.ts";
import { until } from "../support/until.ts";
import { verifyTables } from "../support/verify.ts";
import { startReader } from "./reader.ts";
import { KNOWN, createOrders, rebuildOptions, startWorkload } from "./scene.ts";

const SLOW = { timeoutMs: 60_000 };

test(
  "through Kafka a second group fills the new index, what was kept is gone back to, and gaps are mended",
  { timeout: 180_000 },
  async () => {
    await using db = await openTestDatabase();
    await using target = await openTestTarget();
    await using topics = openTestTopics();
    const folder = await mkdtemp(join(tmpdir(), "tailrace-rebuild-"));
    const name = `${target.prefix}orders`;
    await createOrders(db);
    const aliases = { [name]: {} };
    await target.request("PUT", `${name}-old`, { settings: { number_of_replicas: 0 }, aliases });
    const text = `
name = "${topics.prefix}p"
[source]
url = "${db.url.href}"
server_id = ${600_000_000 + (process.pid % 100_000)}
heartbeat_interval = "1s"
[kafka]
brokers = ["${topics.broker}"]
topic = "${topics.prefix}{table}"
checkpoint_topic = "${topics.prefix}checkpoints"
[kafka.create_topics]
partitions = 2
replication = 1
[sink]
hosts = ["${target.url.origin}"]
[state]
type = "elasticsearch"
index = "${target.prefix}state"
[dead_letters]
type = "file"
path = "letters"
[[rules]]
name = "orders"
table = "${db.name}.orders"
index = "${name}"
`;
    const configs = parsePipelines(text, { syntax: "toml", file: "test.toml", folder });
    const capture = ofTopology(
      configs.find((each) => each.topology === "capture")!,
      "capture",
    );
    const config = ofTopology(
      configs.find((each) => each.topology === "sync")!,
      "sync",
    );
    try {
      await using _capture = await startPipeline(capture);
      // the topic comes with its first record
      await db.query("update orders set state = 'first' where id = 1");
      await using run = await startPipeline(config, { capture });
      const isLoaded = (): boolean => {
        const { loads } = run.status();
        return loads.length > 0 && loads.every(({ state }) => state === "done");
      };
      await until("the table is loaded", isLoaded, SLOW);
      await target.request("POST", `${name}/_refresh`);
      await using reader = startReader(target, name, KNOWN);
      {
        await using _work = startWorkload(db);
        const options = { capture, keepOld: true };
        const outcome = await rebuildIndex(config, "orders", rebuildOptions(options));
        expect(outcome).toMatchObject({ kind: "swapped", isKept: true });
        await db.query("update orders set note = 'behind the swap' where id < 50");
        const back = await rollBack(config, "orders", rebuildOptions({ capture }));
        expect(back).toEqual({ kind: "rolled back", index: `${name}-old` });
      }
      await until(
        "rows equal documents",
        async () => {
          await target.request("POST", `${name}/_refresh`);
          const tables = [{ database: db.name, table: "orders", index: name }];
          const elasticsearch = target.url;
          return (await verifyTables({ mysql: db.url, elasticsearch, tables })).isEqual;
        },
        SLOW,
      );
      await reader[Symbol.asyncDispose]();
      expect(reader.misses).toEqual([]);
      expect(await readRebuild(config, "orders")).toBeNull();

      // gaps of a sync are mended beside its instances
      const index = config.state.index;
      await using client = openJsonClient(config.sink);
      const store = openSyncStateIndex({ client, index, pipeline: config.name });
      const table = { database: db.name, table: "orders" };
      const gap = { ...table, code: "BINLOG_STATEMENT", file: "orders-0", position: 1 };
      await store.update((before) => before && { ...before, gaps: [gap] });
      await target.request("DELETE", `${name}/_doc/1`);
      const { signal, clock, logger } = rebuildOptions();
      const confirm = (): Promise<boolean> => Promise.resolve(true);
      const found = await recoverSync(config, { signal, clock, logger, capture, confirm });
      expect(found).toEqual({ kind: "recovered", tables: [`${db.name}.orders`] });
      expect((await store.load())?.gaps).toEqual([]);
      expect(await target.get(name, "1")).not.toBeNull();
      const state = await target.all(`${target.prefix}state`);
      expect(state.map(({ _id }) => _id).filter((id) => id.includes("rebuild"))).toEqual([]);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
);
