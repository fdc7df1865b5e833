import { expect, test } from "vitest";
import { rebuildIndex, readRebuild, rollBack } from "../../src/pipeline/rebuild/rebuild.ts";
import { startReader } from "./reader.ts";
import { KNOWN, openScene, rebuildOptions } from "./scene.ts";

const SLOW = { timeout: 300_000 };

test(
  "a reader never misses a document while the index is built anew under a workload, and the mapping is new then",
  SLOW,
  async () => {
    await using scene = await openScene({ rule: `[rules.mapping]\nnote = { type = "keyword" }` });
    const { target, name, oldIndex, pipeline } = scene;
    const { config } = pipeline;
    await using reader = startReader(target, name, KNOWN);
    {
      await using _work = scene.startWorkload();
      const outcome = await rebuildIndex(config, "orders", rebuildOptions());
      expect(outcome).toMatchObject({ kind: "swapped", oldIndex, isKept: false });
    }
    await scene.expectEqual();
    await reader[Symbol.asyncDispose]();
    expect(reader.misses).toEqual([]);
    expect(reader.queries).toBeGreaterThan(20);
    const index = await scene.served();
    expect(index).toMatch(/-orders-\d{8}-1$/);
    const { body } = await target.request("GET", `${name}/_mapping`);
    expect(body).toMatchObject({
      [index]: { mappings: { properties: { note: { type: "keyword" }, state: { type: "text" } } } },
    });
    expect((await target.request("HEAD", oldIndex)).status).toBe(404);
    expect(await readRebuild(config, "orders")).toBeNull();
    expect(await pipeline.deadLetters()).toEqual([]);
  },
);

test(
  "the old index is kept when that is asked for, and can be gone back to with all that has changed since",
  SLOW,
  async () => {
    await using scene = await openScene();
    const { target, name, oldIndex, pipeline, db } = scene;
    const { config } = pipeline;
    await using reader = startReader(target, name, KNOWN);
    {
      await using _work = scene.startWorkload();
      const kept = await rebuildIndex(config, "orders", rebuildOptions({ keepOld: true }));
      expect(kept).toMatchObject({ kind: "swapped", isKept: true });
      const newIndex = await scene.served();
      expect(await readRebuild(config, "orders")).toMatchObject({ state: { phase: "kept" } });
      await db.query("update orders set note = 'behind the swap' where id between 1 and 50");
      await db.query("delete from orders where id = 499");
      const back = await rollBack(config, "orders", rebuildOptions());
      expect(back).toEqual({ kind: "rolled back", index: oldIndex });
      expect((await target.request("HEAD", newIndex)).status).toBe(404);
    }
    await scene.expectEqual();
    await reader[Symbol.asyncDispose]();
    expect(reader.misses).toEqual([]);
    expect(await scene.served()).toBe(oldIndex);
    expect(await readRebuild(config, "orders")).toBeNull();
  },
);

test(
  "an alias comes in the place of an index that the rule names, which cannot be kept",
  SLOW,
  async () => {
    await using scene = await openScene({ isAlias: false });
    const { name, pipeline } = scene;
    const { config } = pipeline;
    await expect(
      rebuildIndex(config, "orders", rebuildOptions({ keepOld: true })),
    ).rejects.toMatchObject({ code: "REBUILD_IMPOSSIBLE" });
    expect(await readRebuild(config, "orders")).toBeNull();
    await using _work = scene.startWorkload();
    await rebuildIndex(config, "orders", rebuildOptions());
    await _work[Symbol.asyncDispose]();
    expect(await scene.served()).toMatch(new RegExp(`^${name}-\\d{8}-1$`));
    await scene.expectEqual();
  },
);

test(
  "an index whose documents do not agree with the rows is not swapped in, unless that is accepted",
  SLOW,
  async () => {
    await using scene = await openScene();
    const { pipeline, name, oldIndex, target } = scene;
    // notes are no numbers: every document is refused
    const number = `[rules.mapping]\nnote = { type = "long" }`;
    const rules = `[[rules]]\nname = "orders"\ntable = "${scene.db.name}.orders"\nindex = "${name}"\n${number}`;
    const { config } = pipeline.withRules(rules);
    await expect(rebuildIndex(config, "orders", rebuildOptions())).rejects.toMatchObject({
      code: "VERIFY_DIFFERENT",
      message: expect.stringContaining("500 missing") as string,
    });
    expect(await scene.served()).toBe(oldIndex);
    const { newIndex } = (await readRebuild(config, "orders"))!.state;
    expect(await rollBack(config, "orders", rebuildOptions())).toMatchObject({ index: oldIndex });
    expect((await target.request("HEAD", newIndex)).status).toBe(404);
    await scene.expectEqual();
  },
);

test(
  "an index is not built anew where its documents would not be found, or another pipeline's be missing",
  SLOW,
  async () => {
    await using scene = await openScene();
    const { target, name, oldIndex, pipeline } = scene;
    const { config } = pipeline;
    const alias = (routing: object) =>
      target.request("POST", "_aliases", {
        actions: [
          { remove: { index: oldIndex, alias: name } },
          { add: { index: oldIndex, alias: name, ...routing } },
        ],
      });
    const rebuild = () => rebuildIndex(config, "orders", rebuildOptions());
    const made = (by: string) =>
      target.request("PUT", `${oldIndex}/_mapping`, { _meta: { tailrace: { pipeline: by } } });
    await alias({ index_routing: "7" });
    await expect(rebuild()).rejects.toThrow(/adds a routing/);
    await alias({});
    await made("another");
    await expect(rebuild()).rejects.toThrow(/made by the pipeline another/);
    expect(await readRebuild(config, "orders")).toBeNull();
    expect(await scene.served()).toBe(oldIndex);
    await made(config.name);
    expect(await rebuild()).toMatchObject({ kind: "swapped" });
    await scene.expectEqual();
  },
);
