import { randomInt } from "node:crypto";
import { describe, expect, test } from "vitest";
import { MysqlGtidSet } from "../../src/core/mysql-gtid-set.ts";
import { Replica, replicaUuid, type ReplicaOptions } from "../../src/mysql/binlog-dump.ts";
import { openConnection, parseConnectionUrl, type Connection } from "../../src/mysql/connection.ts";
import { binlogDump } from "../../src/mysql/dump-packets.ts";
import { describeServer, readLogEnd, type LogEnd } from "../../src/mysql/server.ts";
import { openTestDatabase, type TestDatabase } from "../support/mysql.ts";
import { openProxy } from "../support/proxy.ts";
import { testServerUrl } from "../support/servers.ts";
import { EventType, queryText, readEvents, rotateFile, type SeenEvent } from "./dump-events.ts";

type Server = "mysql" | "mariadb";

function replicaOptions(server: Server, other: Partial<ReplicaOptions> = {}): ReplicaOptions {
  const connection = parseConnectionUrl(testServerUrl(server).href);
  return { connection, serverId: randomInt(1_000_000, 2_000_000_000), heartbeatMs: 500, ...other };
}

async function logEnd(server: Server): Promise<LogEnd> {
  await using connection = await openConnection(replicaOptions(server).connection);
  return await readLogEnd(connection, await describeServer(connection));
}

function names(database: TestDatabase, table: string): (event: SeenEvent) => boolean {
  const statement = new RegExp(`${database.name}[\\s\\S]*CREATE TABLE ${table}\\b`);
  return (event) => event.type === EventType.QUERY && statement.test(queryText(event));
}

describe.each(["mysql", "mariadb"] as const)("a binlog dump of %s", (server) => {
  test("begins with the file's name and format, then with the event at the position", async () => {
    await using database = await openTestDatabase(server);
    const { file, position } = await logEnd(server);
    await database.query("CREATE TABLE one (id INT)");
    await using replica = new Replica(replicaOptions(server));
    await using dump = await replica.dump({ kind: "position", file, position });
    const events = await readEvents(dump, names(database, "one"));
    expect(events[0]?.type).toBe(EventType.ROTATE);
    expect(rotateFile(events[0]!)).toBe(file);
    expect(events[1]?.type).toBe(EventType.FORMAT_DESCRIPTION);
    const logged = events.filter((event) => event.endPosition > position);
    expect(logged[0]!.endPosition - logged[0]!.bytes.length).toBe(position);
    expect(dump.checksum).toBe("CRC32");
  });

  test("begins behind a GTID set", async () => {
    await using database = await openTestDatabase(server);
    await database.query("CREATE TABLE before_it (id INT)");
    const { gtidSet } = await logEnd(server);
    await database.query("CREATE TABLE behind_it (id INT)");
    await using replica = new Replica(replicaOptions(server));
    await using dump = await replica.dump({ kind: "gtid", gtidSet: gtidSet! });
    const events = await readEvents(dump, names(database, "behind_it"));
    expect(events.filter(names(database, "before_it"))).toEqual([]);
    expect(names(database, "behind_it")(events.at(-1)!)).toBe(true);
  });

  test("sends heartbeats when nothing happens", async () => {
    const { file, position } = await logEnd(server);
    await using replica = new Replica(replicaOptions(server, { heartbeatMs: 20 }));
    await using dump = await replica.dump({ kind: "position", file, position });
    const events = await readEvents(dump, (event) => event.type === EventType.HEARTBEAT);
    expect(events.at(-1)?.type).toBe(EventType.HEARTBEAT);
  });

  test("says that a position is lost", async () => {
    const { file } = await logEnd(server);
    await using replica = new Replica(replicaOptions(server));
    for (const start of [
      { file: `${file}9`, position: 4 },
      { file, position: 0xffff_fff0 },
    ]) {
      await using dump = await replica.dump({ kind: "position", ...start });
      await expect(readEvents(dump, () => false)).rejects.toMatchObject({
        code: "SOURCE_POSITION_LOST",
      });
    }
  });

  test("reads from the file's start when the position is behind 4 GiB", async () => {
    const { file } = await logEnd(server);
    await using replica = new Replica(replicaOptions(server));
    await using dump = await replica.dump({ kind: "position", file, position: 2 ** 33 });
    expect(dump.start).toEqual({ kind: "position", file, position: 4 });
    const events = await readEvents(dump, (event) => event.endPosition > 0);
    expect(events.at(-1)!.endPosition - events.at(-1)!.bytes.length).toBe(4);
  });

  test("fails when the connection breaks or falls silent, and can be opened again", async () => {
    await using proxy = await openProxy(testServerUrl(server));
    const { file, position } = await logEnd(server);
    const options = replicaOptions(server, { heartbeatMs: 50 });
    const connection = { ...options.connection, port: proxy.port };
    await using replica = new Replica({ ...options, connection });
    {
      await using dump = await replica.dump({ kind: "position", file, position });
      await readEvents(dump, (event) => event.type === EventType.FORMAT_DESCRIPTION);
      proxy.stall();
      await expect(readEvents(dump, () => false)).rejects.toMatchObject({ code: "SOURCE_STALLED" });
      proxy.resume();
    }
    {
      await using dump = await replica.dump({ kind: "position", file, position });
      await readEvents(dump, (event) => event.type === EventType.FORMAT_DESCRIPTION);
      proxy.cut();
      await expect(readEvents(dump, () => false)).rejects.toMatchObject({
        code: "SOURCE_UNREACHABLE",
      });
    }
    await using dump = await replica.dump({ kind: "position", file, position });
    await readEvents(dump, (event) => event.type === EventType.FORMAT_DESCRIPTION);
  });

  test("an abort ends it", async () => {
    const abort = new AbortController();
    const { file, position } = await logEnd(server);
    const options = replicaOptions(server);
    const connection = { ...options.connection, signal: abort.signal };
    await using replica = new Replica({ ...options, connection });
    await using dump = await replica.dump({ kind: "position", file, position });
    const reading = readEvents(dump, () => false);
    abort.abort();
    expect(await reading).toBeInstanceOf(Array);
  });

  test("a replica that takes our place on the server is an error, not a fight", async () => {
    const { file, position } = await logEnd(server);
    const options = replicaOptions(server);
    await using replica = new Replica(options);
    await using dump = await replica.dump({ kind: "position", file, position });
    await readEvents(dump, (event) => event.type === EventType.FORMAT_DESCRIPTION);
    const thief = await dumpWithoutClaim(options, file, position);
    await expect(readEvents(dump, () => false)).rejects.toMatchObject({
      code: "SOURCE_SERVER_ID_TAKEN",
    });
    thief.destroy();
  });

  test("without privileges it is SOURCE_ACCESS_DENIED", async () => {
    await using database = await openTestDatabase(server);
    const user = database.name;
    await database.query(`CREATE USER ${user} IDENTIFIED BY 'x'`);
    try {
      const options = replicaOptions(server);
      const connection = { ...options.connection, user, password: "x" };
      await using replica = new Replica({ ...options, connection });
      await expect(replica.dump({ kind: "position", file: "", position: 4 })).rejects.toMatchObject(
        { code: "SOURCE_ACCESS_DENIED" },
      );
    } finally {
      await database.query(`DROP USER ${user}`);
    }
  });
});

/** What a replica does that does not ask first: the same identity, another connection. */
async function dumpWithoutClaim(
  { connection: options, serverId }: ReplicaOptions,
  file: string,
  position: number,
): Promise<Connection> {
  const connection = await openConnection(options);
  const uuid = replicaUuid(serverId);
  await connection.execute(
    `SET @master_binlog_checksum = 'CRC32', @source_binlog_checksum = 'CRC32', @slave_uuid = '${uuid}', @replica_uuid = '${uuid}'`,
  );
  connection
    .takeSocket()
    .on("data", () => undefined)
    .write(binlogDump(serverId, file, position));
  return connection;
}

test("MySQL's dump works under TLS", async () => {
  await using database = await openTestDatabase("mysql");
  const { gtidSet } = await logEnd("mysql");
  await database.query("CREATE TABLE encrypted (id INT)");
  const options = replicaOptions("mysql");
  const connection = { ...options.connection, tls: { insecure: true } };
  await using replica = new Replica({ ...options, connection });
  await using dump = await replica.dump({ kind: "gtid", gtidSet: gtidSet! });
  const events = await readEvents(dump, names(database, "encrypted"));
  expect(names(database, "encrypted")(events.at(-1)!)).toBe(true);
});

test("MySQL understands our encoding of tagged GTIDs", async () => {
  await using database = await openTestDatabase("mysql");
  const before = await logEnd("mysql");
  await database.query(
    "SET gtid_next = 'AUTOMATIC:tailrace_test'; CREATE TABLE tagged (id INT); SET gtid_next = AUTOMATIC",
  );
  await database.query("CREATE TABLE untagged (id INT)");
  const after = await logEnd("mysql");
  // All that is executed but the tagged transaction: it alone is sent.
  const added = MysqlGtidSet.parse(after.gtidSet!.subtract(before.gtidSet!).toString());
  const tagged = /([0-9a-f-]{36}).*:(tailrace_test:\d+)/.exec(added.toString())!;
  const missing = MysqlGtidSet.parse(`${tagged[1]}:${tagged[2]}`);
  await using replica = new Replica(replicaOptions("mysql"));
  const gtidSet = after.gtidSet!.subtract(missing);
  expect(gtidSet.contains(missing.toString())).toBe(false);
  await using dump = await replica.dump({ kind: "gtid", gtidSet });
  const events = await readEvents(dump, names(database, "tagged"));
  const transactions = events.filter(({ type }) => type === EventType.GTID_TAGGED);
  expect(transactions).toHaveLength(1);
  expect(events.filter(names(database, "untagged"))).toEqual([]);
});

test("MySQL does not have transactions that it has never executed", async () => {
  const { gtidSet } = await logEnd("mysql");
  await using connection = await openConnection(replicaOptions("mysql").connection);
  const [row] = await connection.query("SELECT @@server_uuid uuid");
  const ahead = gtidSet!.union(MysqlGtidSet.parse(`${row!["uuid"]}:1-1000000000000`));
  await using replica = new Replica(replicaOptions("mysql"));
  await using dump = await replica.dump({ kind: "gtid", gtidSet: ahead });
  await expect(readEvents(dump, () => false)).rejects.toMatchObject({
    code: "SOURCE_POSITION_LOST",
  });
});
