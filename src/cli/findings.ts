import { asTailraceError } from "../core/errors.ts";
import type { Finding } from "../core/finding.ts";
import { summariseError } from "../observe/describe-error.ts";

/** An error that ended a check, as its finding. */
export function findingOf(check: string, error: unknown): Finding {
  const known = asTailraceError(error);
  return { severity: "error", check, message: summariseError(known), remedy: known.remedy };
}

/** Findings for people: the worst last, where a terminal shows it, each with its remedy, and a count. */
export function describeFindings(findings: readonly Finding[]): string {
  const order = { ok: 0, warning: 1, error: 2 } as const;
  const sorted = findings.toSorted((a, b) => order[a.severity] - order[b.severity]);
  const lines = sorted.map(({ severity, check, message, remedy }) => {
    // the lines of a text with a caret below stay in line with each other
    const text = message.replaceAll("\n", "\n         ");
    const line = `${severity.padEnd(7)}  ${check}: ${text}`;
    return remedy === undefined
      ? line
      : `${line}\n         → ${remedy.replaceAll("\n", "\n           ")}`;
  });
  return `${lines.join("\n")}\n\n${count(findings, "error")}, ${count(findings, "warning")}\n`;
}

function count(findings: readonly Finding[], severity: "error" | "warning"): string {
  const number = findings.filter((finding) => finding.severity === severity).length;
  return `${number} ${severity}${number === 1 ? "" : "s"}`;
}
