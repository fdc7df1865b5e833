import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { startService } from "../../scripts/services/start-service.ts";
import { encodeBuffer, OPERATION } from "../../src/config/sources/zookeeper-protocol.ts";
import { ZookeeperConnection } from "../../src/config/sources/zookeeper-session.ts";
import { openProxy } from "../support/proxy.ts";
import { until } from "../support/until.ts";
import { failureOf, follow, SHORT_OUTAGE } from "./follow.ts";

const text = (content: string): Buffer => encodeBuffer(Buffer.from(content));

function int(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

/** Runs operations in a session of their own. */
async function withSession(
  hosts: string,
  work: (connection: ZookeeperConnection) => Promise<unknown>,
): Promise<void> {
  const { hostname: host, port } = new URL(`tcp://${hosts}`);
  const connection = await ZookeeperConnection.open({
    host,
    port: Number(port),
    account: null,
    session: null,
    lastZxid: 0n,
    signal: AbortSignal.timeout(10_000),
  });
  await work(connection);
  await connection.close();
}

/** CreateRequest: path, data, ACL (perms, scheme, id), flags. */
function create(hosts: string, path: string, content: string, acl = ["world", "anyone"]) {
  const body = Buffer.concat([
    text(path),
    text(content),
    int(1),
    int(31),
    ...acl.map(text),
    int(0),
  ]);
  return withSession(hosts, (connection) => connection.request(OPERATION.create, body));
}

/** SetDataRequest: path, data, version (-1 = any). */
function set(hosts: string, path: string, content: string) {
  const body = Buffer.concat([text(path), text(content), int(-1)]);
  return withSession(hosts, (connection) => connection.request(OPERATION.setData, body));
}

test("a node of ZooKeeper is read and watched, through outages, expired sessions and restarts", async () => {
  await using zookeeper = await startService("zookeeper", {
    owned: true,
    dedicated: true,
    quickStart: true,
    heap: "128m",
    // sessions expire soon
    options: { tickTime: 200, maxSessionTimeout: 1_500 },
  });
  const { url } = zookeeper;
  await using proxy = await openProxy(`tcp://${url}`);
  const at = `zookeeper://127.0.0.1:${proxy.port}/tailrace/shop`;
  expect(await failureOf(at)).toBe(`CONFIG_UNREADABLE: ${at}: there is no such node`);
  await create(url, "/tailrace", "");
  await create(url, "/tailrace/shop", "a = 1");
  await using followed = await follow(at);
  expect(followed.texts).toEqual(["a = 1"]);

  await set(url, "/tailrace/shop", "a = 2");
  await followed.reaches("a = 2");
  await set(url, "/tailrace/shop", "a = 3");
  await followed.reaches("a = 3");
  expect(followed.logs).toEqual([]);

  // a lost connection: the session goes on
  proxy.cut();
  await set(url, "/tailrace/shop", "a = 4");
  await followed.reaches("a = 4");
  expect(followed.logs).toEqual([]);

  // an outage longer than the session
  await proxy.refuse();
  proxy.cut();
  await until("an outage", () => followed.logs.length === 1);
  await set(url, "/tailrace/shop", "a = 5");
  const begun = Date.now();
  await until("the session has expired", () => Date.now() - begun > 2_500);
  await proxy.accept();
  await followed.reaches("a = 5");
  expect(followed.logs).toEqual(SHORT_OUTAGE);

  // a server that is silent
  proxy.stall();
  await until("the silence is noticed", () => followed.logs.length === 3, { timeoutMs: 20_000 });
  proxy.cut();
  proxy.resume();
  await set(url, "/tailrace/shop", "a = 6");
  await followed.reaches("a = 6");

  await zookeeper.kill();
  await until("another outage", () => followed.logs.length === 5);
  await zookeeper.start();
  await set(url, "/tailrace/shop", "a = 7");
  await followed.reaches("a = 7");
});

test("ZooKeeper is authenticated to by digest, and a refusal tells no secret", async () => {
  await using zookeeper = await startService("zookeeper", {
    owned: true,
    dedicated: true,
    quickStart: true,
    heap: "128m",
  });
  const { url } = zookeeper;
  const digest = createHash("sha1").update("sync:hunter2").digest("base64");
  await create(url, "/shop", "a = 1", ["digest", `sync:${digest}`]);
  const secrets = ["hunter2", "wr0ng"];
  const refused = `CONFIG_UNREADABLE: zookeeper://${url}/shop refuses our credentials`;
  expect(await failureOf(`zookeeper://${url}/shop`, { secrets })).toBe(refused);
  expect(await failureOf(`zookeeper://sync:wr0ng@${url}/shop`, { secrets })).toBe(refused);
  // the first of several servers is away
  await using followed = await follow(`zookeeper://sync@127.0.0.1:1,${url}/shop`, {
    env: { TAILRACE_CONFIG_PASSWORD: "hunter2" },
  });
  expect(followed.texts).toEqual(["a = 1"]);
});
