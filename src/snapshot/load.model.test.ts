import { describe, expect, test } from "vitest";
import { explore } from "../../test/snapshot/model/explore.ts";
import {
  programsOf,
  type Change,
  type Mistake,
  type Setup,
} from "../../test/snapshot/model/setup.ts";

/*
 * Every interleaving of small cases of docs/decisions/0010-load.md: transactions that are in the log before the engine commits them, the stream, chunks (with
 * the windows and the queue of src/pipeline/load), lanes, deletes that are forgotten, crashes. `LOAD_MODEL=all` explores all programs of two transactions
 * for every way and one and two chunks, with and without a crash, which takes minutes.
 */
const isAll = process.env["LOAD_MODEL"] === "all";

const HALVES = [[[1], [2]]];
const TWO = [[[1]], [[2]]];
const THREE = [[[1]], [[2]], [[3]]];

type Program = Pick<Setup, "rows" | "changes">;
type Way = Pick<Setup, "mode" | "isVersioned" | "low">;

const WAYS: readonly Way[] = [
  { mode: "windows", isVersioned: true, low: "gtid" },
  { mode: "windows", isVersioned: false, low: "gtid" },
  { mode: "windows", isVersioned: false, low: "replica" },
  { mode: "windows", isVersioned: false, low: "share" },
  { mode: "windows", isVersioned: true, low: "mariadb" },
  { mode: "windows", isVersioned: false, low: "mariadb" },
  { mode: "versions", isVersioned: true, low: "gtid" },
  { mode: "versions", isVersioned: true, low: "replica" },
  { mode: "versions", isVersioned: true, low: "share" },
  { mode: "versions", isVersioned: true, low: "mariadb" },
];

const BASE: Setup = {
  mode: "windows",
  isVersioned: true,
  low: "gtid",
  rows: [1],
  changes: [],
  chunks: HALVES,
  parallel: 2,
  crashes: 0,
};

/** Explores a case and returns how many states it has; what is wrong fails the test, with the steps that lead there. */
function expectRight(setup: Setup): number {
  const { states, failure } = explore(setup);
  const { changes, rows } = setup;
  expect(failure && { ...failure, rows, changes }).toBeNull();
  return states;
}

function allOf(rows: readonly number[]): Program[] {
  return programsOf(rows, 2).map((changes) => ({ rows, changes }));
}

function nameOf({ mode, isVersioned, low }: Way): string {
  return `${mode}, ${isVersioned ? "versions" : "upserts"}, ${low}`;
}

const REINSERTED: Program = {
  rows: [1],
  changes: [
    { kind: "delete", key: 1 },
    { kind: "insert", key: 1 },
  ],
};
const MOVED: Program = {
  rows: [1],
  changes: [
    { kind: "move", key: 1, to: 2 },
    { kind: "update", key: 2 },
  ],
};
const CHANGED: Program = {
  rows: [1, 2],
  changes: [
    { kind: "touch", key: 1 },
    { kind: "update", key: 1 },
  ],
};
const GONE: Program = {
  rows: [1, 2],
  changes: [
    { kind: "update", key: 1 },
    { kind: "delete", key: 2 },
  ],
};

describe.each(WAYS)("$mode, versions: $isVersioned, $low", (way) => {
  test("rows end as documents, and none goes back behind what was shown", () => {
    const programs = isAll
      ? [[1, 2], [1], []].flatMap(allOf)
      : way.low === "gtid"
        ? allOf([1])
        : [REINSERTED, MOVED, GONE];
    let states = 0;
    for (const program of programs) states += expectRight({ ...BASE, ...way, ...program });
    if (isAll) console.log(nameOf(way), states);
  }, 300_000);

  test("chunks beside each other, and one after another", () => {
    let states = 0;
    for (const program of isAll ? allOf([1, 2]) : [MOVED])
      states += expectRight({ ...BASE, ...way, ...program, chunks: TWO });
    states += expectRight({ ...BASE, ...way, ...GONE, chunks: THREE, parallel: 1 });
    if (isAll) console.log(nameOf(way), "several chunks", states);
  }, 600_000);

  test("crashes", () => {
    let states = 0;
    const programs = isAll
      ? allOf([1])
      : way.low === "gtid"
        ? [REINSERTED, MOVED, CHANGED, GONE]
        : [REINSERTED];
    for (const program of programs)
      states += expectRight({ ...BASE, ...way, ...program, crashes: 1 });
    if (isAll) states += expectRight({ ...BASE, ...way, ...GONE, chunks: TWO, crashes: 1 });
    if (isAll) console.log(nameOf(way), "crashes", states);
  }, 600_000);
});

test("more transactions on one row than watermarks", () => {
  const changes: Change[] = [
    { kind: "delete", key: 1 },
    { kind: "insert", key: 1 },
    { kind: "move", key: 1, to: 2 },
    { kind: "delete", key: 2 },
  ];
  for (const way of WAYS.filter(({ low }) => low !== "replica" || isAll))
    expectRight({ ...BASE, ...way, changes: isAll ? changes : changes.slice(0, 3) });
}, 600_000);

const MISTAKES: readonly [Mistake, Partial<Setup>][] = [
  ["low without waiting", { mode: "windows" }],
  ["low without waiting", { mode: "windows", isVersioned: false }],
  ["low without waiting", { mode: "versions" }],
  ["executed before owned", { mode: "windows", low: "replica" }],
  ["executed before owned", { mode: "versions", low: "replica" }],
  ["owned only", { mode: "windows", low: "replica" }],
  ["owned only", { mode: "versions", low: "replica" }],
  ["any snapshot", { mode: "windows", low: "mariadb" }],
  ["any snapshot", { mode: "windows", low: "mariadb", isVersioned: false }],
  ["any snapshot", { mode: "versions", low: "mariadb" }],
  ["plain reads", { mode: "windows", low: "share" }],
  ["plain reads", { mode: "versions", low: "share" }],
  ["window after low", { mode: "windows" }],
  ["window after low", { mode: "windows", isVersioned: false }],
  ["no dropping", { mode: "windows" }],
  ["no dropping", { mode: "windows", isVersioned: false }],
  ["rows noted", { mode: "windows" }],
  ["no waiting for high", { mode: "windows" }],
  ["no waiting for high", { mode: "windows", isVersioned: false }],
  ["version of high", { mode: "versions" }],
  ["late chunks", { mode: "versions" }],
  ["bound without waiting", { mode: "windows" }],
  ["bound without waiting", { mode: "versions" }],
  ["progress before close", { mode: "windows", crashes: 1 }],
  ["late checkpoint", { mode: "windows", crashes: 1 }],
];

test.each(MISTAKES)("the model would notice: %s, %o", (mistake, part) => {
  const programs = [...programsOf([1], 1), ...programsOf([1], 2)];
  const failures = programs.values().map((changes) => {
    return explore({ ...BASE, ...part, changes, mistake }).failure;
  });
  expect(failures.find((failure) => failure !== null)).toBeDefined();
});
