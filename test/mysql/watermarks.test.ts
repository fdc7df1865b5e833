/** What the log has is in a chunk, although the engine commits later: commits held between the two by semi-synchronous replication without a replica. */
import { createConnection, type Connection } from "mysql2/promise";
import { describe, expect, test } from "vitest";
import type { ServiceName } from "../../scripts/services/contract.ts";
import { startService } from "../../scripts/services/start-service.ts";
import { isWithin } from "../../src/core/version.ts";
import type { LogPlace } from "../../src/core/checkpoint.ts";
import { openChunkReader } from "../../src/mysql/chunk-reader.ts";
import { parseConnectionUrl } from "../../src/mysql/connection.ts";
import { connectionOptions } from "../support/mysql.ts";
import { until } from "../support/until.ts";
import { openChunks, rowsOf } from "./chunks.ts";

interface Server {
  readonly name: string;
  readonly service: ServiceName;
  readonly options: Readonly<Record<string, string>>;
  readonly hold: string;
  readonly logEnd: string;
}

const HOLD_MS = 2_000;

const MYSQL = {
  service: "mysql",
  hold: `INSTALL PLUGIN rpl_semi_sync_source SONAME 'semisync_source.so'; SET GLOBAL rpl_semi_sync_source_timeout = ${HOLD_MS},
    rpl_semi_sync_source_wait_no_replica = 1, rpl_semi_sync_source_enabled = 1`,
  logEnd: "SHOW BINARY LOG STATUS",
} as const;

const SERVERS: readonly Server[] = [
  { ...MYSQL, name: "MySQL with GTIDs", options: {} },
  {
    ...MYSQL,
    name: "MySQL without GTIDs",
    options: { gtid_mode: "OFF", enforce_gtid_consistency: "OFF" },
  },
  {
    name: "MariaDB",
    service: "mariadb",
    options: {},
    hold: `SET GLOBAL rpl_semi_sync_master_timeout = ${HOLD_MS}, rpl_semi_sync_master_wait_no_slave = 1,
      rpl_semi_sync_master_wait_point = AFTER_SYNC, rpl_semi_sync_master_enabled = 1`,
    logEnd: "SHOW MASTER STATUS",
  },
];

async function logEnd(connection: Connection, sql: string): Promise<LogPlace> {
  const [rows] = await connection.query(sql);
  const [row] = rows as { File: string; Position: string }[];
  return { file: row!.File, position: Number(row!.Position) };
}

describe.each(SERVERS)("on $name", ({ service, options, hold, logEnd: statement }) => {
  test("a chunk waits for what is logged and not committed", { timeout: 120_000 }, async () => {
    await using server = await startService(service, { owned: true, dedicated: true, options });
    const url = new URL(server.url);
    const writer = await createConnection(connectionOptions(url));
    const watcher = await createConnection(connectionOptions(url));
    try {
      await writer.query(
        "CREATE DATABASE shop; USE shop; CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(9)) ENGINE=InnoDB; INSERT INTO t VALUES (1, 'old'), (2, 'gone')",
      );
      // sessions from here on, were they not to say otherwise
      await writer.query("SET GLOBAL sql_select_limit = 1, completion_type = 1");
      await using reader = await openChunkReader(parseConnectionUrl(url.href));
      await using other = await openChunkReader(parseConnectionUrl(url.href));
      const table = (await reader.describe("shop", "t"))!;
      await writer.query(hold);
      const before = await logEnd(watcher, statement);

      await writer.query(
        "START TRANSACTION; UPDATE t SET v = 'new' WHERE id = 1; DELETE FROM t WHERE id = 2; INSERT INTO t VALUES (3, 'born')",
      );
      const committing = writer.query("COMMIT");
      await until(
        "the commit in the log",
        async () => (await logEnd(watcher, statement)).position > before.position,
      );

      // the naive way: the log's end, and a SELECT at once
      const naive = await logEnd(watcher, statement);
      const [rows] = await watcher.query("SELECT id, v FROM shop.t ORDER BY id");
      expect(rows).toEqual([
        { id: 1, v: "old" },
        { id: 2, v: "gone" },
      ]);

      const range = { after: null, upTo: null };
      const [chunk, last] = await Promise.all([
        reader.read(table, { kind: "range", range }),
        other.lastKey(table),
      ]);
      expect(rowsOf(chunk)).toEqual([
        ["1", '"new"'],
        ["3", '"born"'],
      ]);
      expect(last).toEqual(["3"]);
      expect(isWithin(naive, chunk.low)).toBe(true);
      expect(isWithin(chunk.low, chunk.high)).toBe(true);
      await committing;
      expect(await logEnd(watcher, statement)).toEqual(chunk.high);
    } finally {
      writer.destroy();
      watcher.destroy();
    }
  });
});

test("a GTID that is given back is not waited for", { timeout: 120_000 }, async () => {
  await using chunks = await openChunks("mysql");
  await chunks.database.query("CREATE TABLE t (a INT PRIMARY KEY); INSERT INTO t VALUES (1)");
  const url = chunks.database.url.href;
  await using reader = await openChunkReader({ ...parseConnectionUrl(url), patienceMs: 3_000 });
  const table = (await reader.describe(chunks.database.name, "t"))!;
  const owner = await createConnection(connectionOptions(chunks.database.url));
  try {
    await owner.query("SET gtid_next = '00000000-1111-2222-3333-444444444444:77'; BEGIN");
    const all = { kind: "range", range: { after: null, upTo: null } } as const;
    const reading = reader.read(table, all);
    await until("the reader's wait", async () => {
      const waits = await chunks.database.query(
        "SELECT 1 FROM information_schema.PROCESSLIST WHERE info LIKE 'SELECT WAIT_FOR%444444444444:77%'",
      );
      return waits.length > 0;
    });
    await owner.query("ROLLBACK; SET gtid_next = AUTOMATIC");
    expect((await reading).rows).toBe(1);
  } finally {
    owner.destroy();
  }
});

const REPLICATIONS = [
  {
    service: "mysql",
    start: (port: string) =>
      `CHANGE REPLICATION SOURCE TO SOURCE_HOST = '127.0.0.1', SOURCE_PORT = ${port}, SOURCE_USER = 'root', SOURCE_AUTO_POSITION = 1,
        GET_SOURCE_PUBLIC_KEY = 1; START REPLICA`,
    stop: "STOP REPLICA SQL_THREAD",
    goOn: "START REPLICA SQL_THREAD",
  },
  {
    service: "mariadb",
    start: (port: string) =>
      `CHANGE MASTER TO MASTER_HOST = '127.0.0.1', MASTER_PORT = ${port}, MASTER_USER = 'root', MASTER_USE_GTID = slave_pos; START SLAVE`,
    stop: "STOP SLAVE SQL_THREAD",
    goOn: "START SLAVE SQL_THREAD",
  },
] as const;

describe.each(REPLICATIONS)("on a replica of $service", ({ service, start, stop, goOn }) => {
  test(
    "a chunk waits until the replica has what the source had logged, and not for ever",
    { timeout: 120_000 },
    async () => {
      const own = { owned: true, dedicated: true } as const;
      const [source, replica] = await Promise.all([
        startService(service, { ...own, options: { server_id: "101" } }),
        startService(service, { ...own, options: { server_id: "102" } }),
      ]);
      await using stack = new AsyncDisposableStack();
      stack.use(source);
      stack.use(replica);
      const [writer, applier] = await Promise.all([
        createConnection(connectionOptions(new URL(source.url))),
        createConnection(connectionOptions(new URL(replica.url))),
      ]);
      stack.defer(() => writer.destroy());
      stack.defer(() => applier.destroy());
      await writer.query(
        "CREATE DATABASE shop; USE shop; CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(9)); INSERT INTO t VALUES (1, 'old')",
      );
      await applier.query(start(new URL(source.url).port));
      const options = {
        ...parseConnectionUrl(replica.url),
        source: parseConnectionUrl(source.url),
      };
      await using reader = await openChunkReader(options);
      await using hasty = await openChunkReader({ ...options, patienceMs: 1_000 });
      const table = (await until("the replica's table", () => reader.describe("shop", "t")))!;
      await applier.query(stop);
      await writer.query("UPDATE t SET v = 'new'");
      const all = { kind: "range", range: { after: null, upTo: null } } as const;
      await expect(hasty.read(table, all)).rejects.toMatchObject({ code: "SOURCE_QUERY_FAILED" });
      const reading = reader.read(table, all);
      await applier.query(goOn);
      const chunk = await reading;
      expect(rowsOf(chunk)).toEqual([["1", '"new"']]);
      expect(chunk.low).toEqual(
        await logEnd(writer, service === "mysql" ? MYSQL.logEnd : "SHOW MASTER STATUS"),
      );
    },
  );
});
