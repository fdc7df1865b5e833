import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import { systemClock } from "../../src/core/clock.ts";
import type { RebuildOptions } from "../../src/pipeline/rebuild/context.ts";
import { openTestTarget, type TestTarget } from "../support/elasticsearch.ts";
import { openTestDatabase, type TestDatabase } from "../support/mysql.ts";
import {
  createTestPipeline,
  type RunningPipeline,
  type TestPipeline,
} from "../support/pipeline.ts";
import { until } from "../support/until.ts";
import { verifyTables } from "../support/verify.ts";
import type { ChildTask } from "./rebuild-child.ts";

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** How a rebuild of a test runs. */
export function rebuildOptions(more: Partial<RebuildOptions> = {}): RebuildOptions {
  const { signal } = new AbortController();
  return { signal, logger: silent, clock: systemClock, keepOld: false, graceMs: 50, ...more };
}

const ROWS = 500;

/** Ids of rows that exist in every test the whole time. */
export const KNOWN = Array.from({ length: 100 }, (_, i) => String(i + 1));

/** A table `orders` of 500 rows whose documents are in an index behind an alias, loaded by a pipeline that runs. */
export interface Scene extends AsyncDisposable {
  readonly db: TestDatabase;
  readonly target: TestTarget;
  readonly pipeline: TestPipeline;
  readonly run: RunningPipeline;
  /** The alias. */
  readonly name: string;
  readonly oldIndex: string;
  /** Changes rows, other than those that always exist, until it is disposed. */
  startWorkload(): AsyncDisposable;
  /** Rows equal documents, by MySQL's own words, when the pipeline has caught up. */
  expectEqual(): Promise<void>;
  /** The index behind the alias. */
  served(): Promise<string>;
}

/** Opens one; `rule` has more keys of its rule, TOML, `isAlias` false makes the name an index, `isStateShared` keeps the state in Elasticsearch. */
export async function openScene({
  rule = "",
  isAlias = true,
  isStateShared = false,
}: {
  readonly rule?: string;
  readonly isAlias?: boolean;
  readonly isStateShared?: boolean;
} = {}): Promise<Scene> {
  await using resources = new AsyncDisposableStack();
  const db = resources.use(await openTestDatabase());
  const target = resources.use(await openTestTarget());
  const name = `${target.prefix}orders`;
  const oldIndex = isAlias ? `${name}-old` : name;
  await createOrders(db);
  await target.request("PUT", oldIndex, {
    settings: { number_of_replicas: 0, refresh_interval: "50ms" },
    ...(isAlias && { aliases: { [name]: {} } }),
  });
  const rules = `[[rules]]\nname = "orders"\ntable = "${db.name}.orders"\nindex = "${name}"\n${rule}`;
  const shared = `type = "elasticsearch"\nindex = "${target.prefix}state"`;
  const pipeline = resources.use(
    await createTestPipeline({
      db,
      target,
      begin: "",
      rules,
      ...(isStateShared && { state: shared }),
    }),
  );
  const run = resources.use(await pipeline.start());
  const isLoaded = (): boolean => run.status().loads.every(({ state }) => state === "done");
  await until("the table is loaded", isLoaded, { timeoutMs: 30_000 });
  await target.request("POST", `${name}/_refresh`);
  const held = resources.move();
  return {
    db,
    target,
    pipeline,
    run,
    name,
    oldIndex,
    startWorkload: () => startWorkload(db),
    expectEqual: async () => {
      await run.caughtUp();
      await target.request("POST", `${name}/_refresh`);
      const tables = [{ database: db.name, table: "orders", index: name }];
      const { isEqual, differences } = await verifyTables({
        mysql: db.url,
        elasticsearch: target.url,
        tables,
      });
      expect({ isEqual, differences }).toEqual({ isEqual: true, differences: [] });
    },
    served: async () => {
      const { body } = await target.request("GET", `${name}/_alias`);
      return Object.keys(body as object).join(",");
    },
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

/** A table of 500 rows. */
export async function createOrders(db: TestDatabase): Promise<void> {
  await db.query("create table orders (id int primary key, state varchar(20), note text)");
  const values = Array.from({ length: ROWS }, (_, i) => `(${i + 1}, 'new', 'note ${i}')`);
  await db.query(`insert into orders values ${values.join(",")}`);
}

/** Changes rows, other than those that always exist, until it is disposed. */
export function startWorkload(db: TestDatabase): AsyncDisposable {
  const stop = new AbortController();
  const work = async (): Promise<void> => {
    for (let i = 0; !stop.signal.aborted; i += 1) {
      await db.query("update orders set state = ? where id = ?", [`s${i}`, (i % ROWS) + 1]);
      await db.query("insert into orders values (?, 'late', null)", [10_000 + i]);
      const gone = i % 3 === 0 ? 101 + (i % 300) : 9_990 + i;
      await db.query("delete from orders where id = ?", [gone]);
      await systemClock.sleep(5);
    }
  };
  const ended = work();
  return {
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await ended;
    },
  };
}

/** Rebuilds, or rolls back, in a process of its own that is killed behind a step; resolves when it is dead. */
export async function rebuildAndDie(task: ChildTask): Promise<void> {
  const path = fileURLToPath(new URL("./rebuild-child.ts", import.meta.url));
  const child = spawn(process.execPath, [path, JSON.stringify(task)], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => {
    said += chunk.toString();
  });
  const [code, signal] = (await once(child, "exit")) as [number | null, string | null];
  expect({ code, signal, said }).toEqual({ code: null, signal: "SIGKILL", said });
}
