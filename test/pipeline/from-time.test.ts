import { createConnection } from "mysql2/promise";
import { expect, test } from "vitest";
import type { MysqlSourceConfig } from "../../src/config/config.ts";
import { systemClock } from "../../src/core/clock.ts";
import { parseGtidSet } from "../../src/core/gtid-set.ts";
import type { Logger } from "../../src/core/logger.ts";
import { DEFAULT_MARGIN_MS, findPlaceAtTime } from "../../src/pipeline/place-at-time.ts";
import { connectionOptions, describeSource, SourceQueries } from "../../src/pipeline/source.ts";
import type { FoundPlace, TimeRequest } from "../../src/pipeline/start.ts";
import { openTestTarget } from "../support/elasticsearch.ts";
import { openTestDatabase, type TestDatabase } from "../support/mysql.ts";
import { createTestPipeline } from "../support/pipeline.ts";
import { logEnd } from "../support/pipeline-run.ts";
import { until } from "../support/until.ts";

const SERVERS = ["mysql", "mariadb"] as const;
let serial = 0;

/** The place of a time in the server's log, and what was logged at warn. */
async function find(
  db: TestDatabase,
  request: Omit<TimeRequest, "kind">,
): Promise<FoundPlace & { readonly warnings: readonly string[] }> {
  const { hostname: host, port, username: user, password } = db.url;
  const address = { host, port: Number(port), user, password, connectTimeoutMs: 10_000 };
  serial += 1;
  const config: MysqlSourceConfig = {
    ...address,
    type: "mysql",
    gtid: "auto",
    heartbeatIntervalMs: 1_000,
    serverId: 950_000_000 + ((process.pid * 131 + serial) % 40_000_000),
  };
  await using queries = new SourceQueries(connectionOptions(config));
  const source = await queries.run((connection) => describeSource(connection, null));
  const warnings: string[] = [];
  const ignore = (): void => {};
  const logger: Logger = {
    debug: ignore,
    info: ignore,
    error: ignore,
    warn: (_fields, message) => void warnings.push(message),
  };
  const options = { signal: new AbortController().signal, logger, clock: systemClock };
  const log = { config, source, queries };
  return { ...(await findPlaceAtTime({ kind: "timestamp", ...request }, log, options)), warnings };
}

/** A moment that lies apart from everything before and behind it: where header times tell, which are whole seconds, more than a second. */
async function moment(db: TestDatabase, server: "mysql" | "mariadb"): Promise<number> {
  const now = async (): Promise<number> => {
    const [row] = await db.query<{ now: string }>("select unix_timestamp(sysdate(6)) now");
    return Number(row!.now) * 1_000;
  };
  const pass = async (ms: number): Promise<number> => {
    const untilMs = (await now()) + ms;
    await until("time has passed", async () => (await now()) >= untilMs);
    return now();
  };
  const at = await pass(server === "mysql" ? 5 : 2_100);
  await pass(server === "mysql" ? 5 : 1_100);
  return at;
}

function isBefore(a: FoundPlace, b: { file: string; position: number }): boolean {
  return a.file < b.file || (a.file === b.file && a.position <= b.position);
}

/** Does the server agree with the place's GTID set? MySQL's lies between what was executed before and behind. */
async function agrees(
  db: TestDatabase,
  { file, position, gtidSet }: FoundPlace,
  { before, behind }: { readonly before: string; readonly behind: string },
): Promise<boolean> {
  const gtids = gtidSet?.toString() ?? "";
  if (gtidSet?.flavor === "mysql") {
    const sql = "select gtid_subset(?, ?) and gtid_subset(?, ?) agrees";
    const [told] = await db.query<{ agrees: string }>(sql, [before, gtids, gtids, behind]);
    return Number(told!.agrees) === 1;
  }
  const sql = "select binlog_gtid_pos(?, ?) gtids";
  const [told] = await db.query<{ gtids: string }>(sql, [file, position]);
  return parseGtidSet("mariadb", told!.gtids).toString() === gtids;
}

async function executed(db: TestDatabase): Promise<string> {
  const [row] = await db.query<{ set: string }>("select @@global.gtid_executed `set`");
  return row!.set;
}

test.concurrent.each(SERVERS)(
  "a time is a place between what %s had committed before and what came behind",
  async (server) => {
    await using db = await openTestDatabase(server);
    await db.query("create table t (id int primary key); insert into t values (1)");
    const before = await logEnd(db);
    const gtidsBefore = server === "mysql" ? await executed(db) : "";
    const at = await moment(db, server);
    const behind = await logEnd(db);
    const gtidsBehind = server === "mysql" ? await executed(db) : "";
    await db.query("insert into t values (2); flush binary logs; insert into t values (3)");
    const place = await find(db, { timestampMs: at, marginMs: 0 });
    expect(isBefore({ kind: "found", gtidSet: null, ...before }, place)).toBe(true);
    expect(isBefore(place, behind)).toBe(true);
    const sets = { before: gtidsBefore, behind: gtidsBehind };
    expect(await agrees(db, place, sets)).toBe(true);
  },
);

test.concurrent.each(SERVERS)(
  "the margin reaches back, and cuts off at the start of %s's log",
  async (server) => {
    await using db = await openTestDatabase(server);
    await db.query("create table t (id int primary key)");
    const before = await logEnd(db);
    await db.query("insert into t values (1)");
    const at = await moment(db, server);
    expect(isBefore(await find(db, { timestampMs: at }), before)).toBe(true);
    const place = await find(db, { timestampMs: at, marginMs: 10 * 365 * 86_400_000 });
    const [first] = await db.query<{ Log_name: string }>("show binary logs");
    expect(place).toMatchObject({ file: first!.Log_name, position: 4 });
  },
);

test.concurrent.each(SERVERS)(
  "a time before %s's log is an error that says when the log begins",
  async (server) => {
    await using db = await openTestDatabase(server);
    const lost = find(db, { timestampMs: Date.UTC(2000, 0) });
    await expect(lost).rejects.toMatchObject({ code: "SOURCE_POSITION_LOST" });
    await expect(lost).rejects.toThrow(
      /begins with \S+\.000001 at 20\d\d-.*, after 2000-01-01T00:00:00.000Z/,
    );
  },
);

test.concurrent.each(SERVERS)(
  "a time in the future is the end of %s's log, with a warning",
  async (server) => {
    await using db = await openTestDatabase(server);
    await db.query("create table t (id int primary key)");
    const end = await logEnd(db);
    const timestampMs = Date.now() + DEFAULT_MARGIN_MS + 3_600_000;
    const place = await find(db, { timestampMs });
    expect(isBefore({ kind: "found", gtidSet: null, ...end }, place)).toBe(true);
    expect(place.warnings).toEqual([expect.stringContaining("future")]);
  },
);

test.concurrent.each(SERVERS)(
  "a run of %s from a time has what came behind it, an XA transaction that was prepared before included",
  async (server) => {
    await using db = await openTestDatabase(server);
    await using target = await openTestTarget();
    await db.query("create table t (id int primary key); insert into t values (1)");
    const xid = db.name;
    await using other = await openSession(db);
    for (const sql of [
      `xa start '${xid}'`,
      "insert into t values (2)",
      `xa end '${xid}'`,
      `xa prepare '${xid}'`,
    ])
      await other.run(sql);
    await db.query("create table s (id int primary key); insert into s values (1)");
    const timestampMs = await moment(db, server);
    await other.run(`xa commit '${xid}'`);
    await db.query("insert into s values (3)");
    const index = `${target.prefix}t`;
    const rule = (table: string): string =>
      `[[rules]]\nname = "${table}"\ntable = "${db.name}.${table}"\nindex = "${index}-${table}"\n`;
    await using pipeline = await createTestPipeline({ db, target, rules: rule("t") + rule("s") });
    {
      await using run = await pipeline.start({
        from: { kind: "timestamp", timestampMs, marginMs: 0 },
      });
      await run.caughtUp();
      expect(run.troubles).toEqual([]);
      expect(run.news.join()).toContain("found the time in the binary log");
    }
    const ids = async (table: string): Promise<string[]> =>
      (await target.all(`${index}-${table}`)).map(({ _id }) => _id).toSorted();
    expect(await ids("t")).toContain("2");
    expect(await ids("s")).toContain("3");
    // the checkpoint is one like any other
    await db.query("insert into s values (4)");
    await using run = await pipeline.start();
    await run.caughtUp();
    expect(await ids("s")).toContain("4");
  },
);

test.concurrent("a configured time is where a first start begins, and nothing to one with a checkpoint", async () => {
  await using db = await openTestDatabase();
  await using target = await openTestTarget();
  await db.query("create table t (id int primary key); insert into t values (1)");
  const time = new Date(await moment(db, "mysql")).toISOString();
  await db.query("insert into t values (2)");
  const index = `${target.prefix}t`;
  await using pipeline = await createTestPipeline({
    db,
    target,
    rules: `[[rules]]\ntable = "${db.name}.t"\nindex = "${index}"`,
    begin: `start = { timestamp = ${time} }`,
  });
  {
    await using run = await pipeline.start();
    await run.caughtUp();
    // the margin
    expect((await target.all(index)).length).toBe(2);
  }
  await target.request("DELETE", `/${index}/_doc/1`);
  await using run = await pipeline.start();
  await run.caughtUp();
  expect((await target.all(index)).length).toBe(1);
});

/** A connection of its own to the test's schema. */
async function openSession(
  db: TestDatabase,
): Promise<AsyncDisposable & { run(sql: string): Promise<void> }> {
  const connection = await createConnection(new URL(db.name, db.url).href);
  return {
    run: async (sql) => void (await connection.query(sql)),
    [Symbol.asyncDispose]: () => connection.end(),
  };
}
