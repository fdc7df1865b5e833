import type { ReportedLoad } from "./load-line.ts";
import type { Metric, Sample } from "./metric.ts";
import type { ReportedStatus } from "./status-line.ts";

/** Labels of a load's metrics besides its pipeline's. */
const LABELS = ["table", "rules"] as const;

function each(
  { loads = [] }: ReportedStatus,
  read: (load: ReportedLoad) => number | null,
): readonly Sample[] {
  return loads.map((load) => [labelsOf(load), read(load)]);
}

function labelsOf({ database, table, rules }: ReportedLoad): Readonly<Record<string, string>> {
  return { table: `${database}.${table}`, rules: rules.join(",") };
}

/** Of the loads of tables in the process. */
export const LOAD_METRICS: readonly Metric<ReportedStatus>[] = [
  {
    name: "tailrace_load_state",
    kind: "gauge",
    help: "1 for the state that the load of a table is in: waiting, running, paused, done, cancelled or failed.",
    labels: [...LABELS, "state"],
    read: ({ loads = [] }) => loads.map((load) => [{ ...labelsOf(load), state: load.state }, 1]),
  },
  {
    name: "tailrace_load_rows_total",
    kind: "counter",
    help: "Rows of a table that are loaded: read and answered for, without a hole before them; begins at 0 again with a load that does.",
    labels: LABELS,
    read: (status) => each(status, ({ rows }) => rows),
  },
  {
    name: "tailrace_load_rows_estimated",
    kind: "gauge",
    help: "Rows that the server guesses the table to have; absent while that is unknown.",
    labels: LABELS,
    read: (status) => each(status, ({ estimatedRows }) => estimatedRows),
  },
];
