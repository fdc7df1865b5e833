import { expect, test } from "vitest";
import type { DirectConfig } from "../../config/config.ts";
import type { Checkpoint, TableGap } from "../../core/checkpoint.ts";
import { newLoad } from "../../snapshot/new-load.ts";
import type { Diagnosis } from "./diagnose.ts";
import { planRecovery, withoutUnverified } from "./plan-recovery.ts";

const tables = ["a", "b"].map((table) => ({ database: "shop", table, rules: [table] }));
const gap = (table: string, code = "BINLOG_STATEMENT"): TableGap => ({
  database: "shop",
  table,
  code,
  file: "binlog.000001",
  position: 4,
});
const done = tables.map((table) => ({ ...newLoad(table), state: "done" as const, rows: 7 }));

function checkpointOf(gaps: readonly TableGap[], loads: Checkpoint["loads"] = done): Checkpoint {
  return {
    format: 1,
    pipeline: "p",
    flavor: "mysql",
    serverUuid: "u1",
    epoch: 2,
    file: "binlog.000007",
    position: 400,
    fingerprint: "f",
    gaps,
    loads,
    savedAt: "",
  };
}

function plan(checkpoint: Checkpoint, lost: Diagnosis["lost"] = null) {
  const source = {
    server: { flavor: "mysql", serverUuid: "u2" },
    state: { current: { file: "binlog.000009", position: 157 }, gtidExecuted: null },
  } as unknown as Diagnosis["source"];
  const config = { rules: [], sink: { type: "elasticsearch" } } as unknown as DirectConfig;
  const diagnosis = { checkpoint, lost, gaps: checkpoint.gaps, source };
  return planRecovery({ config, diagnosis, tables, knownEpoch: 5 });
}

test("where the log is lost, reading begins at its end in a new epoch, and every table is loaded and compared", () => {
  const lost = { code: "SOURCE_POSITION_LOST", message: "" } as const;
  const { checkpoint } = plan(checkpointOf([gap("a")]), lost);
  expect(checkpoint).toMatchObject({
    epoch: 6,
    serverUuid: "u2",
    file: "binlog.000009",
    position: 157,
    loads: [{ state: "waiting" }, { state: "waiting" }],
    gaps: [
      { table: "a", code: "SNAPSHOT_UNVERIFIED", file: "binlog.000007" },
      { table: "b", code: "SNAPSHOT_UNVERIFIED" },
    ],
  });
});

test("where the log is there, only tables with gaps are loaded, and it is read on", () => {
  const { checkpoint } = plan(checkpointOf([gap("a"), gap("gone")]));
  expect(checkpoint).toMatchObject({
    epoch: 2,
    position: 400,
    loads: [
      { table: "b", state: "done" },
      { table: "a", state: "waiting" },
    ],
    gaps: [gap("gone"), { table: "a", code: "SNAPSHOT_UNVERIFIED" }],
  });
});

test("a recovery that was interrupted goes on with its loads; a gap since then begins them anew", () => {
  const loads = [{ ...newLoad(tables[0]!), state: "running" as const, rows: 3 }];
  const unverified = gap("a", "SNAPSHOT_UNVERIFIED");
  expect(plan(checkpointOf([unverified], loads)).checkpoint.loads).toEqual(loads);
  const again = plan(checkpointOf([unverified, gap("a")], loads)).checkpoint;
  expect(again.loads).toMatchObject([{ state: "waiting", rows: 0 }]);
});

test("a gap without a table stands for all of them", () => {
  const { checkpoint, tables: meant } = plan(checkpointOf([gap("", "BINLOG_XA_UNKNOWN")]));
  expect(meant).toEqual(tables);
  expect(checkpoint.gaps.map(({ table }) => table)).toEqual(["a", "b"]);
});

test("only the notes of tables that were compared are taken back", () => {
  const gaps = [gap("a", "SNAPSHOT_UNVERIFIED"), gap("b", "SNAPSHOT_UNVERIFIED"), gap("a")];
  const left = withoutUnverified(checkpointOf(gaps), [tables[0]!]);
  expect(left.gaps).toEqual([gap("b", "SNAPSHOT_UNVERIFIED"), gap("a")]);
});
