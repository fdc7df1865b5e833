import { expect, test } from "vitest";
import { TailraceError } from "../core/errors.ts";
import { createMetrics } from "../observe/metrics.ts";
import type { ReportedStatus } from "../observe/status-line.ts";
import type { AdminLoads } from "./load-routes.ts";
import { openAdmin, type AdminView } from "./server.ts";

const STATUS: ReportedStatus = {
  topology: "direct",
  pipeline: "shop",
  state: "running",
  actionsTaken: 12,
  actionsClosed: 10,
  lagSeconds: 0.5,
  latencyMs: 7,
  gaps: [],
  transactionsPending: 1,
  file: "binlog.000001",
  position: 4,
  gtidSet: undefined,
  sink: {
    applied: 9,
    conflicts: 1,
    rejected: 0,
    retries: 2,
    requests: 3,
    bytes: 400,
    collapsed: 0,
    waitingFor: null,
  },
};

const VIEW: AdminView = {
  isReady: () => true,
  status: () => ({ reload: { version: 1 }, note: "mysql://u:hunter2@h/" }),
  metrics: createMetrics({
    pipelines: () => [STATUS],
    process: () => ({ version: 3, needsReload: true, reloads: { accepted: 2, refused: 1 } }),
  }),
  reload: () => Promise.resolve({ version: 2, changes: [], needsReload: false }),
};

async function open(view: Partial<AdminView> = {}, token?: string) {
  const server = await openAdmin({ host: "127.0.0.1", port: 0, token }, { ...VIEW, ...view });
  const ask = (path: string, init?: RequestInit) =>
    fetch(`http://127.0.0.1:${server.port}${path}`, init);
  return { ask, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

test("a process that runs is live, and ready while changes flow", async () => {
  let ready = false;
  await using admin = await open({ isReady: () => ready });
  expect((await admin.ask("/livez")).status).toBe(200);
  expect((await admin.ask("/readyz")).status).toBe(503);
  ready = true;
  expect((await admin.ask("/readyz")).status).toBe(200);
});

test("the status hides passwords that got into it", async () => {
  await using admin = await open();
  const text = await (await admin.ask("/status")).text();
  expect(text).not.toContain("hunter2");
  expect(JSON.parse(text)).toMatchObject({ reload: { version: 1 } });
});

test("metrics are those of the pipelines and of the process", async () => {
  await using admin = await open();
  for (let scrape = 0; scrape < 2; scrape += 1) {
    const answer = await admin.ask("/metrics");
    expect(answer.headers.get("content-type")).toMatch(/^text\/plain; version=0\.0\.4/);
    const text = await answer.text();
    expect(text).toContain(
      'tailrace_actions_total{pipeline="shop",part="direct",outcome="applied"} 9',
    );
    expect(text).toContain('tailrace_reloads_total{outcome="refused"} 1');
    expect(text).toContain("tailrace_rule_set_version 3");
    expect(text).toContain('tailrace_lag_seconds{pipeline="shop",part="direct"} 0.5');
    expect(text).not.toContain("tailrace_records_pending{");
  }
});

test("a reload answers with what became of it", async () => {
  await using admin = await open();
  const answer = await admin.ask("/reload", { method: "POST" });
  expect(answer.status).toBe(200);
  expect(await answer.json()).toEqual({ version: 2, changes: [], needsReload: false });
  expect((await admin.ask("/reload")).status).toBe(404);
});

test.each([
  ["CONFIG_INVALID", 422],
  ["RULE_QUERY_INVALID", 422],
  ["CONFIG_RELOAD_REFUSED", 409],
  ["CONFIG_CENTRE_UNAVAILABLE", 503],
] as const)("a reload that ends with %s answers %d and says why", async (code, status) => {
  const reload = () => Promise.reject(new TailraceError(code, "no: http://u:hunter2@h"));
  await using admin = await open({ reload });
  const answer = await admin.ask("/reload", { method: "POST" });
  expect(answer.status).toBe(status);
  expect(await answer.json()).toMatchObject({ error: { code, message: "no: http://u:***@h" } });
});

test("with a token, only probes come without it", async () => {
  await using admin = await open({}, "s3cret");
  expect((await admin.ask("/livez")).status).toBe(200);
  expect((await admin.ask("/readyz?x=1")).status).toBe(200);
  for (const path of ["/status", "/metrics", "/nothing"]) {
    expect((await admin.ask(path)).status).toBe(401);
  }
  expect((await admin.ask("/reload", { method: "POST" })).status).toBe(401);
  const wrong = { headers: { authorization: "Bearer s3cre" } };
  expect((await admin.ask("/status", wrong)).status).toBe(401);
  const right = { headers: { authorization: "Bearer s3cret" } };
  expect((await admin.ask("/status", right)).status).toBe(200);
});

test("without a token a web page cannot ask through a browser on this machine", async () => {
  await using admin = await open();
  const init = { method: "POST", headers: { origin: "https://evil.example" } };
  expect((await admin.ask("/reload", init)).status).toBe(403);
});

test("an address that is taken is told", async () => {
  await using first = await openAdmin({ host: "127.0.0.1", port: 0 }, VIEW);
  await expect(openAdmin({ host: "127.0.0.1", port: first.port }, VIEW)).rejects.toThrow(
    /admin.listen: 127.0.0.1:\d+ cannot be used/,
  );
});

test("loads are started, paused, resumed and cancelled, and what is wrong with a request is told", async () => {
  const asked: unknown[] = [];
  const count = (name: string) => (choice: object) => {
    asked.push([name, choice]);
    return Promise.resolve(2);
  };
  const loads: AdminLoads = {
    start: async (request) => {
      if (request.where === "nonsense")
        throw new TailraceError("SNAPSHOT_WHERE_INVALID", "Unknown column 'nonsense'");
      if (request.where === "other") throw new TailraceError("SNAPSHOT_UNDER_WAY", "shop.orders");
      return Promise.resolve([{ table: "orders", state: "waiting" }]);
    },
    pause: count("pause"),
    resume: count("resume"),
    cancel: count("cancel"),
  };
  await using admin = await open({ loads: () => loads });
  const post = async (path: string, body?: unknown) => {
    const headers = { "content-type": "application/json" };
    const text = typeof body === "string" ? body : JSON.stringify(body);
    const response = await admin.ask(path, {
      method: "POST",
      ...(body !== undefined && { headers, body: text }),
    });
    return [response.status, await response.json()];
  };
  expect(await post("/load", { table: "shop.orders" })).toEqual([
    202,
    { loads: [{ table: "orders", state: "waiting" }] },
  ]);
  expect(await post("/load", { table: "shop.orders", where: "nonsense" })).toEqual([
    400,
    { error: expect.objectContaining({ message: "Unknown column 'nonsense'" }) },
  ]);
  expect((await post("/load", { where: "other" }))[0]).toBe(409);
  expect((await post("/load", { tabel: "shop.orders" }))[0]).toBe(400);
  expect((await post("/load", "{"))[0]).toBe(400);
  expect(await post("/load/pause", { rule: "orders" })).toEqual([200, { paused: 2 }]);
  expect(await post("/load/resume")).toEqual([200, { resumed: 2 }]);
  expect(await post("/load/cancel", {})).toEqual([200, { cancelled: 2 }]);
  expect(asked).toEqual([
    ["pause", { rule: "orders" }],
    ["resume", {}],
    ["cancel", {}],
  ]);
});

test("a process that loads nothing says so", async () => {
  await using admin = await open();
  expect((await admin.ask("/load", { method: "POST" })).status).toBe(404);
});
