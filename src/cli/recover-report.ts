import type { TableGap } from "../core/checkpoint.ts";
import { ERROR_TABLE } from "../core/error-codes.ts";
import type { Diagnosis } from "../pipeline/recover/diagnose.ts";
import type { RecoverOutcome } from "../pipeline/recover/recover.ts";

/** What a checkpoint misses of the source's log, for people. */
export function describeLosses({ checkpoint, lost, gaps, source }: Diagnosis): string {
  const { file, position, savedAt, gtidSet } = checkpoint;
  const { current, gtidExecuted } = source.state;
  const lines = [
    `checkpoint   ${file}:${position}, saved ${savedAt}`,
    ...(gtidSet === undefined ? [] : [`             behind ${gtidSet}`]),
  ];
  if (lost !== null) {
    lines.push(`lost         ${lost.code}: ${lost.message}`);
    lines.push(`log's end    ${current.file}:${current.position}`);
    if (gtidExecuted !== null) lines.push(`             behind ${gtidExecuted.toString()}`);
    lines.push("to be done   begin at the log's end, load and compare all tables");
  }
  if (gaps.length > 0) lines.push(describeGaps(gaps).trimEnd());
  return `${lines.join("\n")}\n`;
}

/** Gaps by table, for people. */
export function describeGaps(gaps: readonly TableGap[]): string {
  const lines = gaps.map(({ database, table, code, file, position }) => {
    const { summary } = (ERROR_TABLE as Readonly<Record<string, { readonly summary: string }>>)[
      code
    ] ?? { summary: "" };
    return `gap          ${database}.${table} since ${file}:${position}: ${code} ${summary}`;
  });
  return `${lines.join("\n")}\n`;
}

/** How a recovery ended, for people. */
export function describeRecovery(outcome: RecoverOutcome): string {
  switch (outcome.kind) {
    case "whole":
      return "nothing is missing";
    case "declined":
      return "nothing was changed; --yes loads and compares";
    case "recovered":
      return `documents agree with their rows again: ${outcome.tables.join(", ")}`;
    case "stopped":
      return "interrupted: the same command goes on";
    case "different":
      return "documents still differ from their rows: see the log, and tailrace verify";
  }
}
