import { expect, test } from "vitest";
import { startService } from "../../scripts/services/start-service.ts";
import { openProxy } from "../support/proxy.ts";
import { until } from "../support/until.ts";
import { failureOf, follow, SHORT_OUTAGE } from "./follow.ts";

async function put(url: string, key: string, value: string, token = ""): Promise<void> {
  const headers: Record<string, string> = token === "" ? {} : { "x-consul-token": token };
  // a server that has just started may refuse for a moment
  await until(`${key} is written`, async () => {
    const answer = await fetch(new URL(`v1/kv/${key}`, url), {
      method: "PUT",
      body: value,
      headers,
    });
    return answer.ok;
  });
}

test("a key of Consul is read and followed, through outages and restarts", async () => {
  await using consul = await startService("consul", { owned: true, dedicated: true });
  await using proxy = await openProxy(consul.url);
  const at = `consul://${proxy.url.host}/tailrace/shop`;
  expect(await failureOf(at)).toBe(`CONFIG_UNREADABLE: ${at} has no key tailrace/shop`);
  await put(consul.url, "tailrace/shop", "a = 1 # é");
  await using followed = await follow(at);
  expect(followed.texts).toEqual(["a = 1 # é"]);

  await put(consul.url, "tailrace/shop", "a = 2");
  await followed.reaches("a = 2");
  await put(consul.url, "tailrace/other", "a = 3");
  await put(consul.url, "tailrace/shop", "a = 4");
  await followed.reaches("a = 4");
  expect(followed.logs).toEqual([]);

  await proxy.refuse();
  proxy.cut();
  await until("an outage", () => followed.logs.length === 1);
  await put(consul.url, "tailrace/shop", "a = 5");
  await proxy.accept();
  await followed.reaches("a = 5");
  expect(followed.logs).toEqual(SHORT_OUTAGE);

  await consul.kill();
  await until("another outage", () => followed.logs.length === 3);
  await consul.start();
  await put(consul.url, "tailrace/shop", "a = 6");
  await followed.reaches("a = 6");
});

test("Consul is given the token, and a refusal does not tell it", async () => {
  await using consul = await startService("consul", {
    owned: true,
    dedicated: true,
    options: {
      "acl.enabled": true,
      "acl.default_policy": "deny",
      "acl.tokens.master": "hunter2-0000",
    },
  });
  const host = new URL(consul.url).host;
  await put(consul.url, "shop", "a = 1", "hunter2-0000");
  const secrets = ["hunter2", "wr0ng"];
  const at = `consul://${host}/shop`;
  // an anonymous reader is told nothing of the key
  expect(await failureOf(at, { secrets })).toMatch(
    /^CONFIG_UNREADABLE: consul:\/\/[\d.:]+\/shop (?:has no key shop|refuses our credentials \(403\))$/,
  );
  expect(await failureOf(`consul://:wr0ng@${host}/shop`, { secrets })).toBe(
    `CONFIG_UNREADABLE: ${at} refuses our credentials (403)`,
  );
  await using named = await follow(`consul://:hunter2-0000@${host}/shop`);
  await using other = await follow(at, { env: { TAILRACE_CONFIG_TOKEN: "hunter2-0000" } });
  expect([named.texts, other.texts]).toEqual([["a = 1"], ["a = 1"]]);
});
