import { expect, test } from "vitest";
import { newLoad } from "../../snapshot/new-load.ts";
import { planInitialLoads, planSwitch } from "./initial-loads.ts";

const orders = { database: "shop", table: "orders", rules: ["orders", "audit"] };
const users = { database: "shop", table: "users", rules: ["users"] };
const tables = [orders, users];

function told(loads: ReturnType<typeof planInitialLoads>): readonly string[] | undefined {
  return loads?.map(({ table, rules, state }) => `${table} ${rules.join("+")} ${state}`);
}

test("the first start loads every table once, by all of its rules", () => {
  const loads = planInitialLoads({ mode: "initial", start: "first", known: undefined, tables });
  expect(told(loads)).toEqual(["orders orders+audit waiting", "users users waiting"]);
});

test("what somebody else has loaded, or an older version, counts as loaded", () => {
  for (const start of ["requested", "resumed"] as const) {
    const loads = planInitialLoads({ mode: "initial", start, known: undefined, tables });
    expect(told(loads)).toEqual(["orders orders+audit done", "users users done"]);
  }
});

test("a rule and a table that no load knows are loaded when the pipeline begins again", () => {
  const known = [{ ...newLoad({ ...orders, rules: ["orders"] }), state: "done" as const }];
  const loads = planInitialLoads({ mode: "initial", start: "resumed", known, tables });
  expect(told(loads)).toEqual([
    "orders orders done",
    "orders audit waiting",
    "users users waiting",
  ]);
});

test("a load goes on as it was, one that failed is tried again, one that was cancelled is not", () => {
  const known = [
    { ...newLoad(orders), state: "failed" as const, after: ["7"], rows: 7, error: "SOURCE_X: no" },
    { ...newLoad(users), state: "cancelled" as const },
  ];
  const loads = planInitialLoads({ mode: "initial", start: "resumed", known, tables });
  expect(told(loads)).toEqual(["orders orders+audit waiting", "users users cancelled"]);
  expect(loads?.[0]).toMatchObject({ after: ["7"], rows: 7 });
  expect(loads?.[0]?.error).toBeUndefined();
});

test("without initial loads nothing is planned, and a first start says that nothing was loaded", () => {
  const never = { mode: "never", known: undefined, tables } as const;
  expect(planInitialLoads({ ...never, start: "first" })).toEqual([]);
  expect(planInitialLoads({ ...never, start: "resumed" })).toBeUndefined();
});

test("changed rules of one table are loaded in one go", () => {
  expect(told(planSwitch(["audit", "orders"], [], tables).begun)).toEqual([
    "orders orders+audit waiting",
  ]);
  expect(told(planSwitch(["users"], [], tables).begun)).toEqual(["users users waiting"]);
  expect(planSwitch(["gone"], [], tables)).toEqual({ ended: [], begun: [] });
});

test("a load that is under way for a changed rule begins anew, with all of its rules", () => {
  const underWay = [{ ...newLoad(orders), state: "running" as const, after: ["7"], rows: 7 }];
  const { ended, begun } = planSwitch(["audit"], underWay, tables);
  expect(ended).toEqual([{ database: "shop", table: "orders", rule: "audit" }]);
  expect(begun).toEqual([newLoad(orders)]);
});

test("of a load with a condition the changed rule is loaded without it, the others go on with it", () => {
  const underWay = [{ ...newLoad({ ...orders, where: "id > 7" }), state: "running" as const }];
  const { begun } = planSwitch(["audit"], underWay, tables);
  expect(begun).toEqual([
    newLoad({ ...orders, rules: ["orders"], where: "id > 7" }),
    newLoad({ ...orders, rules: ["audit"] }),
  ]);
});
