import { expect, test } from "vitest";
import { createTestCapture } from "../support/capture-pipeline.ts";
import { openTestTopics } from "../support/kafka-topics.ts";
import { openTestDatabase } from "../support/mysql.ts";
import type { ReadRecord } from "../support/read-topic.ts";

interface CanalRecord {
  readonly type: string;
  readonly isDdl: boolean;
  readonly sql: string;
  readonly data: readonly Record<string, string | null>[] | null;
  readonly old: readonly Record<string, string | null>[] | null;
}

function canal({ value }: ReadRecord): CanalRecord {
  return JSON.parse(value!) as CanalRecord;
}

/** `type id value` of each row, in order per partition. */
function rowsOf(records: readonly ReadRecord[]): string[] {
  return records
    .map(canal)
    .flatMap(({ type, data }) => (data ?? []).map((row) => `${type} ${row["id"]} ${row["v"]}`));
}

test("rows arrive as records, in order per key and always in the key's partition", async () => {
  await using db = await openTestDatabase();
  await using topics = await openTestTopics();
  await db.query("create table t (id int primary key, v int)");
  await using capture = await createTestCapture({ db, topics });
  await using run = await capture.start();
  for (let v = 0; v < 5; v++) {
    const rows = Array.from({ length: 20 }, (_, id) => `(${id}, ${v})`);
    await db.query(`replace into t values ${rows.join(",")}`);
  }
  await db.query("delete from t where id < 5");
  await capture.caughtUp(run);
  const records = await capture.records("t");
  const partitionsOf = new Map<string, Set<number>>();
  const changesOf = new Map<string, string[]>();
  for (const record of records) {
    const { type, data } = canal(record);
    for (const row of data ?? []) {
      const id = row["id"]!;
      partitionsOf.set(id, (partitionsOf.get(id) ?? new Set()).add(record.partition));
      changesOf.set(id, [...(changesOf.get(id) ?? []), `${type} ${row["v"]}`]);
    }
  }
  expect([...partitionsOf.values()].every((partitions) => partitions.size === 1)).toBe(true);
  expect(new Set(records.map(({ partition }) => partition)).size).toBe(4);
  expect(partitionsOf.size).toBe(20);
  const updates = ["UPDATE 1", "UPDATE 2", "UPDATE 3", "UPDATE 4"];
  expect(changesOf.get("0")).toEqual(["INSERT 0", ...updates, "DELETE 4"]);
  expect(changesOf.get("19")).toEqual(["INSERT 0", ...updates]);
  expect(run.status()).toMatchObject({ topology: "capture", state: "running", lagSeconds: 0 });
  expect(run.status().actionsClosed).toBe(records.length);
  expect(run.troubles).toEqual([]);
  expect(await capture.checkpoint()).toMatchObject({ pipeline: capture.config.name, format: 1 });
  expect(rowsOf(records)).toHaveLength(105);
});
