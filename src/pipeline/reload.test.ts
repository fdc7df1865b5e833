import { expect, test } from "vitest";
import type { PipelineConfig } from "../config/config.ts";
import { parseConfig } from "../config/load.ts";
import { TailraceError } from "../core/errors.ts";
import { ReloadRequests } from "./reload-requests.ts";
import { reloadScope } from "./reload-scope.ts";
import { describeRuleChanges } from "./rule-changes.ts";
import { serveReloads } from "./serve-reloads.ts";
import type { Stages } from "./stages.ts";

function config(more: { top?: string; source?: string; rule?: string } = {}): PipelineConfig {
  const text = `name = "shop"
${more.top ?? ""}
[source]
host = "db"
user = "sync"
server_id = 5
${more.source ?? ""}
[sink]
hosts = ["http://127.0.0.1:9200/"]
[[rules]]
table = "shop.orders"
index = "orders"
${more.rule ?? ""}
`;
  return parseConfig(text, { syntax: "toml", file: "shop.toml", folder: "/etc", env: {} });
}

function stagesWith(reloadRules?: Stages["reloadRules"]): Stages {
  return { ...(reloadRules && { reloadRules }) } as unknown as Stages;
}

test("what differs decides what must happen", () => {
  const now = config();
  expect(reloadScope(now, config())).toBe("nothing");
  expect(reloadScope(now, config({ rule: "decimals = 'string'" }))).toBe("rules");
  expect(reloadScope(now, config({ rule: "cascade = 'synthesize'" }))).toBe("stages");
  expect(reloadScope(now, config({ source: "port = 3307" }))).toBe("stages");
  expect(reloadScope(now, config({ top: "drain_timeout = '1s'" }))).toBe("stages");
});

test.each([
  [{ top: "log.level = 'debug'" }, "log"],
  [{ top: "admin.listen = '127.0.0.1:1'" }, "admin"],
  [{ top: "state.path = '/elsewhere'\ndead_letters.path = '/etc'" }, "state"],
])("%j takes a new process", (more, key) => {
  expect(() => reloadScope(config(), config(more))).toThrow(
    new RegExp(`^${key} cannot change while shop runs: `),
  );
});

test("other rules are switched in place, and in force when that is done", async () => {
  const reloads = new ReloadRequests();
  const inForce = { config: config() };
  const stop = new AbortController();
  const next = config({ rule: "decimals = 'string'" });
  const switched: unknown[] = [];
  const serving = serveReloads(
    stagesWith((rules) => {
      switched.push(rules);
      return Promise.resolve({ version: 2, changes: [], needsReload: true });
    }),
    { inForce, reloads },
    stop.signal,
  );
  expect(await reloads.ask(next)).toMatchObject({ needsReload: true });
  expect(switched).toEqual([next.rules]);
  expect(inForce.config).toBe(next);
  // and the same once more changes nothing
  expect(await reloads.ask(next)).toEqual({ changes: [], needsReload: false });
  expect(switched).toHaveLength(1);
  stop.abort();
  expect(await serving).toBeNull();
});

test("rules that are refused leave everything as it was, and the next ones are taken", async () => {
  const reloads = new ReloadRequests();
  const before = config();
  const inForce = { config: before };
  const stop = new AbortController();
  let isBad = true;
  const reloadRules = () =>
    isBad
      ? Promise.reject(new TailraceError("RULE_COLUMN_UNKNOWN", "no column"))
      : Promise.resolve({ version: 2, changes: [], needsReload: false });
  const serving = serveReloads(stagesWith(reloadRules), { inForce, reloads }, stop.signal);
  const next = config({ rule: "decimals = 'string'" });
  await expect(reloads.ask(next)).rejects.toThrow("no column");
  expect(inForce.config).toBe(before);
  // also when the stages would have to be opened anew
  const both = config({ rule: "decimals = 'string'", top: "drain_timeout = '1s'" });
  await expect(reloads.ask(both)).rejects.toThrow("no column");
  isBad = false;
  await reloads.ask(next);
  expect(inForce.config).toBe(next);
  stop.abort();
  await serving;
});

test("what takes other stages ends these, unanswered", async () => {
  const reloads = new ReloadRequests();
  const inForce = { config: config() };
  const next = config({ source: "port = 3307" });
  const { signal } = new AbortController();
  const serving = serveReloads(stagesWith(), { inForce, reloads }, signal);
  const asked = reloads.ask(next);
  const request = await serving;
  expect(request?.config).toBe(next);
  request?.refuse(new TailraceError("SOURCE_UNREACHABLE", "no"));
  await expect(asked).rejects.toThrow("no");
});

test("stages that stop while they switch refuse, and so does a pipeline that has ended", async () => {
  const reloads = new ReloadRequests();
  const inForce = { config: config() };
  const stop = new AbortController();
  const begun = Promise.withResolvers<void>();
  const reloadRules = () => {
    begun.resolve();
    return new Promise<never>(() => {});
  };
  const serving = serveReloads(stagesWith(reloadRules), { inForce, reloads }, stop.signal);
  const asked = reloads.ask(config({ rule: "decimals = 'string'" }));
  const refused = asked.catch(String);
  await begun.promise;
  stop.abort();
  expect(await refused).toContain("stopped while it switched");
  expect(await serving).toBeNull();
  const waiting = reloads.ask(config()).catch(String);
  reloads.end();
  expect(await waiting).toContain("is not running");
  await expect(reloads.ask(config())).rejects.toThrow("is not running");
});

test("what became of each rule is told by name", () => {
  const rule = config().rules[0]!;
  const other = { ...rule, name: "other" };
  const changed = { ...rule, decimals: "string" as const };
  expect(describeRuleChanges([rule], [rule])).toEqual([]);
  expect(describeRuleChanges([rule], [changed, other])).toEqual([
    { rule: "orders", change: "changed", needsReload: true, why: "decimals" },
    expect.objectContaining({ rule: "other", change: "added", needsReload: true }),
  ]);
  expect(describeRuleChanges([rule], [])).toMatchObject([{ change: "removed" }]);
  expect(describeRuleChanges([rule], [{ ...rule, dynamic: "false" }])).toMatchObject([
    { needsReload: false, why: "dynamic" },
  ]);
});
