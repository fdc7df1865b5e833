import { createHmac } from "node:crypto";
import { expect, test } from "vitest";
import { until } from "../support/until.ts";
import { failureOf, follow } from "./follow.ts";
import { Changing, serveHttp, type Answer, type SeenRequest } from "./http-server.ts";

/** Apollo's config service as its documentation for other languages has it: configs, notifications, access keys. */
async function serveApollo(config: Changing, secret: string | null) {
  let notification = 100;
  const seen: SeenRequest[] = [];
  const handle = async (request: SeenRequest): Promise<Answer> => {
    seen.push(request);
    const { url, target, headers } = request;
    if (secret !== null) {
      const timestamp = String(headers["timestamp"]);
      const signature = createHmac("sha1", secret)
        .update(`${timestamp}\n${target}`)
        .digest("base64");
      const isFresh = Math.abs(Date.now() - Number(timestamp)) < 60_000;
      if (!isFresh || headers.authorization !== `Apollo sync:${signature}`) return { status: 401 };
    }
    if (url.pathname === "/configs/sync/default/shop.json") {
      const configurations = { content: config.value };
      return JSON.stringify({ appId: "sync", configurations, releaseKey: "r1" });
    }
    if (url.pathname === "/configs/sync/default/application") {
      return JSON.stringify({ appId: "sync", configurations: { tailrace: "a = 7" } });
    }
    if (url.pathname === "/notifications/v2") {
      const [asked] = JSON.parse(url.searchParams.get("notifications") ?? "[]") as {
        namespaceName: string;
        notificationId: number;
      }[];
      if (url.searchParams.get("appId") !== "sync") return { status: 400 };
      if (asked?.notificationId === notification) await config.next();
      return JSON.stringify([
        { namespaceName: asked?.namespaceName, notificationId: notification },
      ]);
    }
    return { status: 404 };
  };
  const server = await serveHttp(handle);
  return {
    server,
    seen,
    release: (text: string) => {
      notification += 1;
      config.set(text);
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

test("a namespace of Apollo is read and its notifications are waited for, signed", async () => {
  await using apollo = await serveApollo(new Changing('{"a":1}'), "hunter2");
  const { host } = apollo.server;
  await using followed = await follow(`apollo://hunter2@${host}/sync/default/shop.json`);
  expect(followed.texts).toEqual(['{"a":1}']);
  await until(
    "it waits",
    () => apollo.seen.filter(({ target }) => target.startsWith("/notifications")).length === 2,
  );
  apollo.release('{"a":2}');
  await followed.reaches('{"a":2}');
  const last = apollo.seen.findLast(({ target }) => target.startsWith("/configs"));
  expect(last?.url.searchParams.get("messages")).toBe('{"details":{"sync+default+shop.json":101}}');
  expect(followed.logs).toEqual([]);
});

test("the text may be one key of a namespace", async () => {
  await using apollo = await serveApollo(new Changing(""), null);
  const at = `apollo://${apollo.server.host}/sync/default/application`;
  await using followed = await follow(`${at}?key=tailrace`);
  expect(followed.texts).toEqual(["a = 7"]);
  expect(await failureOf(at)).toBe(`CONFIG_UNREADABLE: ${at} has no key "content"`);
});

test("what Apollo refuses is told without secrets", async () => {
  await using apollo = await serveApollo(new Changing(""), "hunter2");
  const at = `apollo://${apollo.server.host}/sync/default`;
  const env = { TAILRACE_CONFIG_TOKEN: "wr0ng" };
  const secrets = ["wr0ng", "hunter2"];
  expect(await failureOf(`${at}/shop.json`, { env, secrets })).toBe(
    `CONFIG_UNREADABLE: ${at}/shop.json refuses our credentials (401)`,
  );
  const right = { TAILRACE_CONFIG_TOKEN: "hunter2" };
  expect(await failureOf(`${at}/other`, { env: right, secrets })).toBe(
    `CONFIG_UNREADABLE: ${at}/other has no such namespace, or no release of it`,
  );
});
