import { expect, test } from "vitest";
import { systemClock } from "../../src/core/clock.ts";
import type { RebuildStep } from "../../src/pipeline/rebuild/context.ts";
import { rebuildIndex, readRebuild, rollBack } from "../../src/pipeline/rebuild/rebuild.ts";
import { releaseStaleBlocks } from "../../src/pipeline/rebuild/stale-block.ts";
import {
  blockWrites,
  isWriteBlocked,
  unblockWrites,
} from "../../src/pipeline/rebuild/write-block.ts";
import { openJsonClient } from "../../src/sink/client.ts";
import { startReader } from "./reader.ts";
import { KNOWN, openScene, rebuildAndDie, rebuildOptions } from "./scene.ts";

const STEPS: readonly RebuildStep[] = [
  "recorded",
  "created",
  "loaded",
  "announced",
  "applied",
  "swapped",
  "caught up",
];

test(
  "killed behind one step after the other, a rebuild goes on where it was",
  { timeout: 300_000 },
  async () => {
    await using scene = await openScene();
    const { target, name, pipeline, oldIndex } = scene;
    const { config } = pipeline;
    await using reader = startReader(target, name, KNOWN);
    {
      await using _work = scene.startWorkload();
      for (const step of STEPS)
        await rebuildAndDie({ config, rule: "orders", keepOld: false, isRollback: false, step });
      await rebuildIndex(config, "orders", rebuildOptions());
    }
    await scene.expectEqual();
    await reader[Symbol.asyncDispose]();
    expect(reader.misses).toEqual([]);
    expect(await scene.served()).toMatch(/-1$/);
    expect((await target.request("HEAD", oldIndex)).status).toBe(404);
    expect(await readRebuild(config, "orders")).toBeNull();
  },
);

test(
  "killed while writes are blocked, it is undone by a rollback, and nothing of it is left",
  { timeout: 300_000 },
  async () => {
    await using scene = await openScene();
    await using client = openJsonClient({ hosts: [scene.target.url.origin] });
    const { pipeline, oldIndex, db, target } = scene;
    const { config } = pipeline;
    const task = { config, rule: "orders", keepOld: false } as const;
    await rebuildAndDie({ ...task, isRollback: false, step: "blocked" });
    expect(await isWriteBlocked(client, oldIndex)).toBe(true);
    const newIndex = (await readRebuild(config, "orders"))!.state.newIndex;
    await db.query("update orders set state = 'waits' where id = 1");
    await rebuildAndDie({ ...task, isRollback: true, step: "put away" });
    const outcome = await rollBack(config, "orders", rebuildOptions()).catch(String);
    // what was begun was finished; then there is nothing more to undo
    expect(outcome).toMatch(/no rebuild/);
    expect(await isWriteBlocked(client, oldIndex)).toBe(false);
    expect(await scene.served()).toBe(oldIndex);
    expect((await target.request("HEAD", newIndex)).status).toBe(404);
    await scene.expectEqual();
  },
);

test(
  "a block whose time is over is taken away when a pipeline begins",
  { timeout: 300_000 },
  async () => {
    await using scene = await openScene();
    await using client = openJsonClient({ hosts: [scene.target.url.origin] });
    const { pipeline, oldIndex } = scene;
    const { config } = pipeline;
    await rebuildAndDie({
      config,
      rule: "orders",
      keepOld: false,
      isRollback: false,
      step: "blocked",
    });
    const told: string[] = [];
    const tell = (_: object, message: string): void => void told.push(message);
    const logger = { debug: tell, info: tell, warn: tell, error: tell };
    await releaseStaleBlocks(config, { clock: systemClock, logger });
    expect(await isWriteBlocked(client, oldIndex)).toBe(true);
    const later = { ...systemClock, now: () => Date.now() + 200_000 };
    await releaseStaleBlocks(config, { clock: later, logger });
    expect(await isWriteBlocked(client, oldIndex)).toBe(false);
    expect(told).toEqual([expect.stringContaining("interrupted rebuild")]);
    await rebuildIndex(config, "orders", rebuildOptions());
    await scene.expectEqual();
  },
);

test(
  "killed while it goes back to the kept index, a rollback goes on",
  { timeout: 300_000 },
  async () => {
    await using scene = await openScene();
    const { pipeline, oldIndex, target, name } = scene;
    const { config } = pipeline;
    await using reader = startReader(target, name, KNOWN);
    {
      await using _work = scene.startWorkload();
      await rebuildIndex(config, "orders", rebuildOptions({ keepOld: true }));
      const task = { config, rule: "orders", keepOld: false, isRollback: true } as const;
      for (const step of ["recorded", "blocked", "swapped"] as const)
        await rebuildAndDie({ ...task, step });
      await expect(rebuildIndex(config, "orders", rebuildOptions())).rejects.toThrow(/under way/);
      expect(await rollBack(config, "orders", rebuildOptions())).toMatchObject({ index: oldIndex });
    }
    await scene.expectEqual();
    await reader[Symbol.asyncDispose]();
    expect(reader.misses).toEqual([]);
    expect(await scene.served()).toBe(oldIndex);
  },
);

test(
  "a rebuild that somebody else has taken over, with the write block, swaps nothing",
  { timeout: 300_000 },
  async () => {
    await using scene = await openScene({ isStateShared: true });
    await using client = openJsonClient({ hosts: [scene.target.url.origin] });
    const { oldIndex } = scene;
    const { config } = scene.pipeline;
    const takeOver = async (): Promise<void> => {
      const stop = (step: RebuildStep): void => {
        if (step === "created") throw new Error("far enough");
      };
      const other = rebuildIndex(config, "orders", rebuildOptions({ onStep: stop }));
      await expect(other).rejects.toThrow("far enough");
    };
    const onStep = async (step: RebuildStep): Promise<void> => {
      if (step !== "applied") return;
      await takeOver();
      await blockWrites(client, oldIndex);
    };
    await expect(rebuildIndex(config, "orders", rebuildOptions({ onStep }))).rejects.toMatchObject({
      code: "STATE_FOREIGN",
    });
    expect(await scene.served()).toBe(oldIndex);
    // what is blocked now was blocked by the other one
    expect(await isWriteBlocked(client, oldIndex)).toBe(true);
    await unblockWrites(client, oldIndex);
    await scene.expectEqual();
    expect(await rebuildIndex(config, "orders", rebuildOptions())).toMatchObject({
      kind: "swapped",
    });
    await scene.expectEqual();
  },
);
