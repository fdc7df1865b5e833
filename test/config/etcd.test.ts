import { expect, test } from "vitest";
import { startService } from "../../scripts/services/start-service.ts";
import { openProxy } from "../support/proxy.ts";
import { until } from "../support/until.ts";
import { failureOf, follow, SHORT_OUTAGE } from "./follow.ts";

const base64 = (text: string): string => Buffer.from(text).toString("base64");

async function post(url: string, path: string, body: object, token = ""): Promise<unknown> {
  const answer = await fetch(new URL(path, url), {
    method: "POST",
    body: JSON.stringify(body),
    headers: token === "" ? {} : { authorization: token },
  });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}

const put = (url: string, key: string, value: string, token?: string): Promise<unknown> =>
  post(url, "/v3/kv/put", { key: base64(key), value: base64(value) }, token);

test("a key of etcd is read and followed, through outages and restarts", async () => {
  await using etcd = await startService("etcd", { owned: true, dedicated: true });
  await using proxy = await openProxy(etcd.url);
  const at = `etcd://${proxy.url.host}/tailrace/shop`;
  expect(await failureOf(at)).toBe(`CONFIG_UNREADABLE: ${at}: there is no such key`);
  await put(etcd.url, "tailrace/shop", "a = 1");
  await using followed = await follow(at);
  expect(followed.texts).toEqual(["a = 1"]);

  await put(etcd.url, "tailrace/shop", "a = 2");
  await followed.reaches("a = 2");
  await put(etcd.url, "tailrace/shopping", "a = 3");
  await put(etcd.url, "tailrace/shop", "a = 2");
  await put(etcd.url, "tailrace/shop", "a = 4");
  await followed.reaches("a = 4");
  expect(followed.texts).toEqual(["a = 1", "a = 2", "a = 4"]);
  expect(followed.logs).toEqual([]);

  // a change while nobody can be reached
  await proxy.refuse();
  proxy.cut();
  await until("an outage", () => followed.logs.length === 1);
  await put(etcd.url, "tailrace/shop", "a = 5");
  await proxy.accept();
  await followed.reaches("a = 5");
  expect(followed.logs).toEqual(SHORT_OUTAGE);

  await etcd.kill();
  await until("another outage", () => followed.logs.length === 3);
  await etcd.start();
  await put(etcd.url, "tailrace/shop", "a = 6");
  await followed.reaches("a = 6");
  await until("its end", () => followed.logs.length === 4);
});

test("etcd is authenticated to, again when a token has run out, and a refusal tells no secret", async () => {
  await using etcd = await startService("etcd", {
    owned: true,
    dedicated: true,
    options: { "auth-token-ttl": 2 },
  });
  const { url } = etcd;
  await put(url, "shop", "a = 1");
  await post(url, "/v3/auth/user/add", { name: "root", password: "hunter2" });
  await post(url, "/v3/auth/user/add", { name: "nobody", password: "hunter3" });
  await post(url, "/v3/auth/role/add", { name: "root" });
  await post(url, "/v3/auth/user/grant", { user: "root", role: "root" });
  await post(url, "/v3/auth/enable", {});
  const host = new URL(url).host;
  const secrets = ["hunter2", "hunter3", "wr0ng"];
  const refused = `CONFIG_UNREADABLE: etcd://${host}/shop refuses our credentials (401)`;
  expect(await failureOf(`etcd://${host}/shop`, { secrets })).toBe(refused);
  expect(await failureOf(`etcd://root:wr0ng@${host}/shop`, { secrets })).toBe(refused);
  expect(await failureOf(`etcd://nobody:hunter3@${host}/shop`, { secrets })).toBe(refused);

  const env = { TAILRACE_CONFIG_PASSWORD: "hunter2" };
  await using followed = await follow(`etcd://root@${host}/shop`, { env });
  const login = async (): Promise<string> => {
    const body = { name: "root", password: "hunter2" };
    return ((await post(url, "/v3/auth/authenticate", body)) as { token: string }).token;
  };
  await put(url, "shop", "a = 2", await login());
  await followed.reaches("a = 2");
  // tokens are forgotten by a restart
  await etcd.restart();
  await until("the outage", () => followed.logs.length > 0);
  await put(url, "shop", "a = 3", await login());
  await followed.reaches("a = 3");
  for (const detail of followed.details) expect(detail).not.toContain("hunter2");
});
