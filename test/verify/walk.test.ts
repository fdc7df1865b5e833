import { expect, test } from "vitest";
import { systemClock } from "../../src/core/clock.ts";
import type { ChunkReader } from "../../src/core/load.ts";
import { createReaderOpener } from "../../src/pipeline/load/reader-opener.ts";
import { loadRules } from "../../src/pipeline/rule-set.ts";
import { Verification } from "../../src/pipeline/verify/verification.ts";
import type { VerifyResult } from "../../src/pipeline/verify/verify-result.ts";
import { openDocumentWriter } from "../../src/pipeline/load/document-writer.ts";
import { openJsonClient } from "../../src/sink/client.ts";
import { newLoad } from "../../src/snapshot/new-load.ts";
import { openTestTarget } from "../support/elasticsearch.ts";
import { openTestDatabase } from "../support/mysql.ts";
import { createTestPipeline } from "../support/pipeline.ts";
import { until } from "../support/until.ts";
import { appliedBy, briefly, runVerify } from "./scene.ts";

/** A table of 50 rows whose documents have ids that are not its key: only a walk over all rows tells that a document has none. */
async function openScene() {
  await using resources = new AsyncDisposableStack();
  const db = resources.use(await openTestDatabase());
  const target = resources.use(await openTestTarget());
  await db.query(
    `create table t (id int primary key, v int);
     insert into t with recursive n as (select 1 i union all select i + 1 from n where i < 50) select i, i from n`,
  );
  const index = `${target.prefix}t`;
  const pipeline = resources.use(
    await createTestPipeline({
      db,
      target,
      begin: "",
      more: '[verify]\nsettle_timeout = "300ms"',
      rules: `[[rules]]\nname = "t"\ntable = "${db.name}.t"\nindex = "${index}"\nid = "t-{id}"\n`,
    }),
  );
  const start = async () => {
    const run = await pipeline.start();
    await run.caughtUp();
    await until("loaded", () => run.status().loads.every(({ state }) => state === "done"));
    return run;
  };
  const held = resources.move();
  return { db, target, index, pipeline, start, [Symbol.asyncDispose]: () => held.disposeAsync() };
}

type Scene = Awaited<ReturnType<typeof openScene>>;

/** Verifies and repairs; `onWalk` is told of the number of each walk as it begins, `wrap` makes the readers. */
async function repair(
  { db, pipeline: { config } }: Scene,
  {
    applied,
    onWalk = () => {},
    wrap = (reader) => reader,
  }: {
    readonly applied: ReturnType<typeof appliedBy>;
    readonly onWalk?: (walk: number, stop: () => void) => void;
    readonly wrap?: (reader: ChunkReader) => ChunkReader;
  },
): Promise<VerifyResult> {
  const ending = new AbortController();
  let walks = 0;
  const logger = {
    info: () => {},
    debug: (_: object, message: string) => {
      if (message === "a walk over rows begins") onWalk((walks += 1), () => ending.abort());
    },
    warn: () => {},
    error: () => {},
  };
  const rules = await loadRules(config.rules);
  await using client = openJsonClient(config.sink);
  const open = createReaderOpener(config);
  await using writer = await openDocumentWriter(config, { clock: systemClock, logger });
  await using verification = new Verification({
    pipeline: config.name,
    rules,
    loads: [newLoad({ database: db.name, table: "t", rules: ["t"] })],
    complete: rules,
    sink: config.sink,
    client,
    openReader: async () => wrap(await open()),
    applied,
    settleTimeoutMs: 5_000,
    connections: 1,
    chunkBytes: 1024 * 1024,
    maxDifferences: 100,
    // the places of few rows are remembered at once
    maxPlaces: 1_000,
    writer,
    clock: systemClock,
    logger,
    signal: ending.signal,
  });
  return await verification.run();
}

test("stopped while rows are walked for documents without one, a repair deletes nothing", async () => {
  await using scene = await openScene();
  const { target, index, start } = scene;
  await using run = await start();
  await target.request("PUT", `${index}/_doc/t-99?refresh`, { id: 99 });
  const result = await repair(scene, {
    applied: appliedBy(run),
    onWalk: (walk, stop) => {
      if (walk === 2) stop();
    },
  });
  expect(result).toMatchObject({ differences: [], repaired: 0, unsettled: 1 });
  expect(result.indices).toMatchObject([{ index, documents: null, extra: 0 }]);
  expect(await target.get(index, "t-99")).not.toBeNull();
});

test("a table that goes while it is walked keeps its documents", async () => {
  await using scene = await openScene();
  const { target, index, start, db } = scene;
  await using run = await start();
  await target.request("PUT", `${index}/_doc/t-99?refresh`, { id: 99 });
  let walks = 0;
  const wrap = (reader: ChunkReader): ChunkReader =>
    new Proxy(reader, {
      get: (of, name: keyof ChunkReader) => {
        if (name === "describe" && walks === 1) return () => Promise.resolve(null);
        const member: unknown = of[name];
        return typeof member === "function" ? (member.bind(of) as unknown) : member;
      },
    });
  const result = await repair(scene, {
    applied: appliedBy(run),
    wrap,
    onWalk: (walk) => {
      walks = walk;
    },
  });
  expect(result).toMatchObject({ differences: [], repaired: 0, unsettled: 1 });
  expect(result.failures).toMatchObject([{ table: `${db.name}.t` }]);
  expect(await target.get(index, "t-99")).not.toBeNull();
});

test("documents of rows whose deletes are on their way are not extra, in tables that are empty now, too", async () => {
  await using scene = await openScene();
  const { pipeline, db, start } = scene;
  {
    await using _run = await start();
  }
  await db.query("delete from t");
  const behind = await runVerify(pipeline.config);
  expect(behind).toMatchObject({ differences: [], unsettled: 50 });
  const asIs = await runVerify(pipeline.config, { noSettle: true });
  expect(briefly(asIs.differences)).toHaveLength(50);
  await using run = await start();
  expect(await runVerify(pipeline.config, { applied: appliedBy(run) })).toMatchObject({
    differences: [],
    unsettled: 0,
  });
});

test("documents of a rule whose table is gone are neither extra nor deleted", async () => {
  await using scene = await openScene();
  const { pipeline, db, target, index, start } = scene;
  await db.query("create table other (id int primary key)");
  const rules = `[[rules]]\nname = "t"\ntable = "${db.name}.t"\nindex = "${index}"\n`;
  const others = `[[rules]]\nname = "other"\ntable = "${db.name}.other"\nindex = "${index}-other"\n`;
  const { config } = pipeline.withRules(`${rules}${others}`);
  await using run = await start();
  await db.query("drop table t");
  await run.caughtUp();
  const result = await runVerify(config, { applied: appliedBy(run), repair: true });
  expect(result).toMatchObject({ differences: [], repaired: 0 });
  const reason = result.indices.find(({ index: name }) => name === index)?.reason;
  expect(reason).toBe("rule t takes no table that is there and may be read");
  expect(await target.get(index, "t-1")).not.toBeNull();
});
