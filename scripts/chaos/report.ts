import { formatCounts, formatDifferences } from "../../test/support/verify-report.ts";
import { KILL } from "./attack.ts";
import type { Counts } from "./counts.ts";
import type { ChaosProgress, ChaosResult } from "./run-chaos.ts";

/** Did the run end as it should? */
export function isGood({ verification, problems }: ChaosResult): boolean {
  return verification.isEqual && problems.length === 0;
}

/** One line on how far a run is. */
export function formatProgress(
  { phase, faults, workload, rowsAcknowledged }: ChaosProgress,
  elapsedMs: number,
  kills: number,
): string {
  return [
    `${Math.round(elapsedMs / 1000)} s`.padStart(7),
    phase.padEnd(11),
    `${faults.get(KILL)}/${kills} kills`,
    `${otherFaults(faults)} other faults`,
    `${formatCount(workload.changes.total)} changes`,
    `${formatCount(workload.rows)} rows changed`,
    `${formatCount(rowsAcknowledged)} acknowledged`,
  ].join("   ");
}

/** What was done and what came of it, a line each. */
export function formatResult(result: ChaosResult): string[] {
  const { progress, verification, problems } = result;
  const { faults, workload } = progress;
  return [
    "Faults",
    ...formatNamed(faults),
    "",
    `Changes (${formatCount(workload.rows)} rows)`,
    ...formatNamed(workload.changes),
    "",
    "Changes that met an error",
    ...formatNamed(workload.failures),
    "",
    ...result.notes,
    `Caught up ${(result.catchUpMs / 1000).toFixed(1)} s after the last change.`,
    "",
    ...formatCounts(verification).map((line) => `  ${line}`),
    "",
    ...formatDifferences(verification),
    ...problems,
  ];
}

/** All but kills, and but what tells more of others. */
function otherFaults(faults: Counts): number {
  return faults
    .entries()
    .filter(([name]) => name !== KILL && !name.startsWith("…"))
    .reduce((sum, [, count]) => sum + count, 0);
}

function formatNamed(counts: Counts): string[] {
  return counts.entries().map(([name, count]) => `  ${formatCount(count).padStart(8)}  ${name}`);
}

function formatCount(count: number): string {
  return count.toLocaleString("en-US");
}
