import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { until } from "../support/until.ts";
import { failureOf, follow } from "./follow.ts";
import { Changing, serveHttp, type Answer, type SeenRequest } from "./http-server.ts";

const md5 = (text: string): string => createHash("md5").update(text).digest("hex");

/** Nacos 2 as its open API's documentation has it: get, listen, log in. */
async function serveNacos2(config: Changing) {
  const tokens = new Set<string>();
  const seen: SeenRequest[] = [];
  const isAllowed = ({ url }: SeenRequest) => tokens.has(url.searchParams.get("accessToken") ?? "");
  const handle = async (request: SeenRequest): Promise<Answer> => {
    seen.push(request);
    const { method, url, body } = request;
    const form = new URLSearchParams(body);
    switch (`${method} ${url.pathname}`) {
      case "POST /nacos/v1/auth/login": {
        if (form.get("username") !== "sync" || form.get("password") !== "hunter2") {
          return { status: 403, body: "unknown user!" };
        }
        const accessToken = `token-${tokens.size + 1}`;
        tokens.add(accessToken);
        return JSON.stringify({ accessToken, tokenTtl: 18_000, globalAdmin: false });
      }
      case "GET /nacos/v1/cs/configs": {
        if (!isAllowed(request)) return { status: 403, body: "" };
        const { searchParams: asked } = url;
        const isIt =
          asked.get("dataId") === "shop.json" &&
          asked.get("group") === "SYNC" &&
          asked.get("tenant") === "prod";
        return isIt ? config.value : { status: 404, body: "config data not exist" };
      }
      case "POST /nacos/v1/cs/configs/listener": {
        if (!isAllowed(request)) return { status: 403, body: "" };
        const [dataId, group, known, tenant] = (form.get("Listening-Configs") ?? "").split(
          "\u0002",
        );
        const isIt = [dataId, group, tenant].join() === "shop.json,SYNC,prod\u0001";
        if (!isIt || request.headers["long-pulling-timeout"] !== "30000") return { status: 400 };
        if (known === md5(config.value)) await config.next();
        return encodeURIComponent("shop.json\u0002SYNC\u0002prod\u0001");
      }
      default:
        return { status: 404 };
    }
  };
  const server = await serveHttp(handle);
  return {
    server,
    seen,
    forgetTokens: () => tokens.clear(),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

test("a configuration of Nacos 2 is read and listened to with a token", async () => {
  const config = new Changing('{"a":1}');
  await using nacos = await serveNacos2(config);
  const at = `nacos://sync:hunter2@${nacos.server.host}/shop.json?group=SYNC&namespace=prod`;
  await using followed = await follow(at);
  expect(followed.texts).toEqual(['{"a":1}']);
  await until("a listener", () => nacos.seen.some(({ target }) => target.includes("listener")));
  config.set('{"a":2}');
  await followed.reaches('{"a":2}');
  expect(nacos.seen.filter(({ target }) => target.includes("login"))).toHaveLength(1);
  // a server that was restarted knows no tokens of before
  nacos.forgetTokens();
  config.set('{"a":3}');
  await followed.reaches('{"a":3}');
  for (const detail of followed.details) expect(detail).not.toMatch(/hunter2|token-/);
});

test("what Nacos refuses is told without secrets", async () => {
  await using nacos = await serveNacos2(new Changing(""));
  const { host } = nacos.server;
  const secrets = ["hunter2", "wr0ng", "token-"];
  const query = "?group=SYNC&namespace=prod";
  expect(await failureOf(`nacos://sync:wr0ng@${host}/shop.json${query}`, { secrets })).toBe(
    `CONFIG_UNREADABLE: nacos://${host}/shop.json (prod, SYNC) refuses our credentials (403)`,
  );
  expect(await failureOf(`nacos://sync:hunter2@${host}/other${query}`, { secrets })).toBe(
    `CONFIG_UNREADABLE: nacos://${host}/other (prod, SYNC) has no such configuration`,
  );
});

test("a server that has the API of Nacos 3 only is asked by that, every now and then", async () => {
  const config = new Changing("a = 1");
  await using server = await serveHttp(({ method, url }) => {
    if (`${method} ${url.pathname}` !== "GET /nacos/v3/client/cs/config") {
      return { status: 404, body: "No endpoint" };
    }
    const { searchParams: asked } = url;
    if (asked.get("dataId") !== "shop" || asked.get("groupName") !== "DEFAULT_GROUP") {
      return JSON.stringify({ code: 20_004, message: "resource not found", data: null });
    }
    const content = config.value;
    return JSON.stringify({ code: 0, message: "success", data: { content, md5: md5(content) } });
  });
  await using followed = await follow(`nacos://${server.host}/shop`, { pollIntervalMs: 20 });
  config.set("a = 2");
  await followed.reaches("a = 2");
  expect(await failureOf(`nacos://${server.host}/other`)).toBe(
    `CONFIG_UNREADABLE: nacos://${server.host}/other (DEFAULT_GROUP) has no such configuration`,
  );
});
