import { Counter, Gauge, Registry } from "@prometheus-io/client";
import { LOAD_METRICS } from "./load-metrics.ts";
import type { Metric, Sample } from "./metric.ts";
import type { ReportedStatus } from "./status-line.ts";

/** What is measured of a whole process besides its pipelines. */
export interface ProcessMeasures {
  /** Number of the configuration in force. */
  readonly version: number;
  readonly needsReload: boolean;
  /** Reloads by outcome. */
  readonly reloads: Readonly<Record<string, number>>;
}

const one = (value: number | null): readonly Sample[] => [[{}, value]];

/** Of every pipeline, with the labels `pipeline` and `part` (direct, capture or sync). */
export const PIPELINE_METRICS: readonly Metric<ReportedStatus>[] = [
  {
    name: "tailrace_pipeline_state",
    kind: "gauge",
    help: "1 for the state that the pipeline is in: running, waiting, standby or rebalancing.",
    labels: ["state"],
    read: ({ state }) => [[{ state }, 1]],
  },
  {
    name: "tailrace_lag_seconds",
    kind: "gauge",
    help: "Age of the last acknowledged transaction while others wait, 0 when none does; absent while it is unknown.",
    read: ({ lagSeconds }) => one(lagSeconds),
  },
  {
    name: "tailrace_latency_seconds",
    kind: "gauge",
    help: "Commit on the source to acknowledgement by the sink, of the last transaction.",
    read: ({ latencyMs }) => one(latencyMs === null ? null : latencyMs / 1_000),
  },
  {
    name: "tailrace_actions_taken_total",
    kind: "counter",
    help: "Document actions, of a capture records, taken from the source.",
    read: ({ actionsTaken }) => one(actionsTaken),
  },
  {
    name: "tailrace_actions_closed_total",
    kind: "counter",
    help: "Those of them that are answered for.",
    read: ({ actionsClosed }) => one(actionsClosed),
  },
  {
    name: "tailrace_actions_total",
    kind: "counter",
    help: "Actions by outcome: applied, conflict (already newer), rejected (stored as a dead letter), collapsed (replaced by a later one of the same batch).",
    labels: ["outcome"],
    read: ({ sink }) => [
      [{ outcome: "applied" }, sink.applied],
      [{ outcome: "conflict" }, sink.conflicts],
      [{ outcome: "rejected" }, sink.rejected],
      [{ outcome: "collapsed" }, sink.collapsed],
    ],
  },
  {
    name: "tailrace_rows_unwritten_total",
    kind: "counter",
    help: "Rows of which rules wrote nothing, by reason: filtered (left out by conditions), unchanged (no column changed that the rule uses), failed (stored as a dead letter).",
    labels: ["reason"],
    read: ({ rows }) =>
      rows === undefined
        ? []
        : [
            [{ reason: "filtered" }, rows.filtered],
            [{ reason: "unchanged" }, rows.unchanged],
            [{ reason: "failed" }, rows.failed],
          ],
  },
  {
    name: "tailrace_retries_total",
    kind: "counter",
    help: "Actions that were sent again.",
    read: ({ sink }) => one(sink.retries),
  },
  {
    name: "tailrace_requests_total",
    kind: "counter",
    help: "Bulk requests, of a capture produce requests.",
    read: ({ sink }) => one(sink.requests),
  },
  {
    name: "tailrace_sent_bytes_total",
    kind: "counter",
    help: "Bytes of their bodies.",
    read: ({ sink }) => one(sink.bytes),
  },
  {
    name: "tailrace_gaps",
    kind: "gauge",
    help: "Tables of which the log could not deliver all rows.",
    read: ({ gaps }) => one(gaps.length),
  },
  ...LOAD_METRICS,
  {
    name: "tailrace_transactions_pending",
    kind: "gauge",
    help: "Transactions of the log that are read and not acknowledged.",
    read: (status) => (status.topology === "sync" ? [] : one(status.transactionsPending)),
  },
  {
    name: "tailrace_records_pending",
    kind: "gauge",
    help: "Records that are read and not acknowledged.",
    read: (status) => (status.topology === "sync" ? one(status.recordsPending) : []),
  },
  {
    name: "tailrace_records_lag",
    kind: "gauge",
    help: "Records in the partitions of this instance that are not acknowledged; absent while it is unknown.",
    read: (status) => (status.topology === "sync" ? one(recordsLag(status.partitions)) : []),
  },
  {
    name: "tailrace_verify_rows_total",
    kind: "counter",
    help: "Rows that were compared with their documents (verify.continuous).",
    read: ({ verify }) => (verify === undefined ? [] : one(verify.rows)),
  },
  {
    name: "tailrace_verify_passes_total",
    kind: "counter",
    help: "Passes over all rows that were begun.",
    read: ({ verify }) => (verify === undefined ? [] : one(verify.pass)),
  },
  {
    name: "tailrace_drift_documents",
    kind: "gauge",
    help: "Documents that differed from their rows in the last whole pass, by rule and kind: missing, stale, different, extra (without a row).",
    labels: ["rule", "kind"],
    read: ({ verify }) =>
      (verify?.lastPass?.byRule ?? []).map(({ rule, kind, documents }) => [
        { rule, kind },
        documents,
      ]),
  },
];

/** Of the process. */
export const PROCESS_METRICS: readonly Metric<ProcessMeasures>[] = [
  {
    name: "tailrace_rule_set_version",
    kind: "gauge",
    help: "Number of the configuration in force; 1 is the one that the process began with.",
    read: ({ version }) => one(version),
  },
  {
    name: "tailrace_rule_set_stale",
    kind: "gauge",
    help: "1 when documents do not agree with changed rules until their rows are read again.",
    read: ({ needsReload }) => one(needsReload ? 1 : 0),
  },
  {
    name: "tailrace_reloads_total",
    kind: "counter",
    help: "Changed configurations by outcome: accepted, unchanged, refused.",
    labels: ["outcome"],
    read: ({ reloads }) => Object.entries(reloads).map(([outcome, count]) => [{ outcome }, count]),
  },
  {
    name: "tailrace_resident_memory_bytes",
    kind: "gauge",
    help: "Resident memory of the process.",
    read: () => one(process.memoryUsage.rss()),
  },
];

/** Gives the metrics of this moment in Prometheus' text format. */
export function createMetrics(sources: {
  readonly pipelines: () => readonly ReportedStatus[];
  readonly process: () => ProcessMeasures;
}): { readonly contentType: string; readonly print: () => Promise<string> } {
  const registry = new Registry();
  for (const metric of PIPELINE_METRICS) {
    register(registry, metric, ["pipeline", "part"], () =>
      sources.pipelines().flatMap((status): readonly Sample[] => {
        const whose = { pipeline: status.pipeline, part: status.topology };
        return metric.read(status).map(([labels, value]) => [{ ...whose, ...labels }, value]);
      }),
    );
  }
  for (const metric of PROCESS_METRICS) {
    register(registry, metric, [], () => metric.read(sources.process()));
  }
  return { contentType: registry.contentType, print: () => registry.metrics() };
}

function register(
  registry: Registry,
  { name, kind, help, labels = [] }: Omit<Metric<never>, "read">,
  common: readonly string[],
  read: () => readonly Sample[],
): void {
  const options = { name, help, labelNames: [...common, ...labels], registers: [registry] };
  if (kind === "gauge") {
    const gauge = new Gauge<string>({
      ...options,
      collect: () => {
        gauge.reset();
        for (const [own, value] of read()) if (value !== null) gauge.set(own, value);
      },
    });
    return;
  }
  const counter = new Counter<string>({
    ...options,
    collect: () => {
      // the totals are counted elsewhere
      counter.reset();
      for (const [own, value] of read()) if (value !== null) counter.inc(own, value);
    },
  });
}

function recordsLag(partitions: readonly { readonly lagRecords: number | null }[]): number | null {
  return partitions.reduce<number | null>(
    (sum, { lagRecords }) => (sum === null || lagRecords === null ? null : sum + lagRecords),
    0,
  );
}
