import { expect, test } from "vitest";
import { parseConfig } from "../../config/load.ts";
import { ofTopology } from "../../config/topology.ts";
import { deriveConfig, findRebuiltIndex, secondName } from "./derive-config.ts";

function directConfig(rules: string) {
  const text = `
name = "shop"
[source]
url = "mysql://u@127.0.0.1"
[sink]
hosts = ["http://127.0.0.1:9200"]
[admin]
listen = "127.0.0.1:0"
${rules}`;
  const options = { syntax: "toml", file: "test.toml", folder: "/tmp" } as const;
  return ofTopology(parseConfig(text, options), "direct");
}

const RULES = `
[[rules]]
name = "orders"
table = "shop.orders"
index = "orders"
[[rules]]
name = "archive"
table = "shop.orders_archive"
index = "orders"
[[rules]]
name = "customers"
table = "shop.customers"
index = "customers"`;

test("all rules that write the index are rebuilt together", () => {
  const { name, rules } = findRebuiltIndex(directConfig(RULES), "archive");
  expect(name).toBe("orders");
  expect(rules.map((rule) => rule.name)).toEqual(["orders", "archive"]);
});

test("the second pipeline shares nothing with the main one but what it reads and the cluster it writes", () => {
  const config = directConfig(RULES);
  const rebuilt = findRebuiltIndex(config, "orders");
  const second = deriveConfig(config, { rebuilt, to: "orders-20261123-1", loads: true });
  expect(second.name).toBe("shop.rebuild.orders");
  expect(second.source.serverId).not.toBe(config.source.serverId);
  expect(second.source.start).toEqual({ kind: "latest" });
  expect(second.load.mode).toBe("initial");
  expect(second).not.toHaveProperty("admin");
  expect(second.rules.map((rule) => rule.index)).toEqual([
    "orders-20261123-1",
    "orders-20261123-1",
  ]);
});

test("names of second pipelines are names that a pipeline may have, and differ", () => {
  expect(secondName("shop", "orders")).toBe("shop.rebuild.orders");
  const long = secondName("s".repeat(64), "orders");
  expect(long).toMatch(/^[a-z0-9][a-z0-9._-]{0,63}$/);
  expect(long).not.toBe(secondName("s".repeat(64), "customers"));
  expect(secondName("shop", "bestellung+")).toMatch(/^shop\.rebuild\.[0-9a-f]{12}$/);
});

test("an index that rows choose cannot be rebuilt, nor one that they may choose", () => {
  const chosen = `
[[rules]]
name = "orders"
table = "shop.orders"
index = "orders-{year}"
[[rules]]
name = "old"
table = "shop.old"
index = "orders-2020"`;
  const config = directConfig(chosen);
  expect(() => findRebuiltIndex(config, "orders")).toThrow(
    expect.objectContaining({ code: "REBUILD_IMPOSSIBLE" }),
  );
  expect(() => findRebuiltIndex(config, "old")).toThrow(/rows of rule orders may choose/);
  expect(() => findRebuiltIndex(config, "none")).toThrow(
    expect.objectContaining({ code: "CONFIG_INVALID" }),
  );
});
