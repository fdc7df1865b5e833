import { parseTablePattern, patternsOverlap, type TablePattern } from "../core/table-pattern.ts";
import { reportBelow, type ConfigProblem, type Report } from "./problems.ts";
import type { RuleDocument } from "./schema-rule.ts";

/** A rule of which keys may be missing because they are badly written: they are checked as far as they are there. */
export type PartialRule = { readonly [Key in keyof RuleDocument]?: RuleDocument[Key] | undefined };

/** What the rules of one index must have in common, and why. */
const INDEX_WIDE = {
  id: "documents of one table could replace those of another",
  upsert: "whole documents would overwrite the fields that upserts wrote",
  create_index: "an index is created or it is not",
  dynamic: "an index has one such setting",
  decimals: "a field has one type",
} as const satisfies Partial<Record<keyof RuleDocument, string>>;

/** Checks the rules against themselves and each other; the problems found. */
export function checkRules(
  rules: readonly PartialRule[],
  { needsIndex = false }: { readonly needsIndex?: boolean } = {},
): readonly ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  const report = reportBelow(["rules"], problems);
  const patterns = rules.map((rule) =>
    rule.table === undefined ? null : parseTablePattern(rule.table),
  );
  rules.forEach((rule, i) => {
    if (needsIndex && rule.index === undefined) report([i, "index"], "is required");
    checkFields(rule, i, report);
    checkTruncate(rules, i, patterns[i] ?? null, report);
    for (let j = 0; j < i; j += 1) {
      const [a, b] = [patterns[j], patterns[i]];
      if (a && b && patternsOverlap(a, b)) report([i, "table"], describeOverlap(a, b, j));
    }
    const other = rules.findIndex((earlier) => earlier.index === rule.index);
    const first = rules[other];
    if (rule.index === undefined || first === undefined || other >= i) return;
    for (const [key, reason] of Object.entries(INDEX_WIDE)) {
      const name = key as keyof typeof INDEX_WIDE;
      if (JSON.stringify(rule[name]) === JSON.stringify(first[name])) continue;
      report(
        [i, name],
        `must be the same in rules[${other}], which writes the index "${rule.index}" too: ${reason}`,
      );
    }
  });
  return problems;
}

function describeOverlap(a: TablePattern, b: TablePattern, i: number): string {
  const one = "a table may have one rule only";
  if (a.text === b.text) return `is the table of rules[${i}] already; ${one}`;
  const common = [a, b].find((pattern) => pattern.exact)?.text ?? "some names";
  return `overlaps rules[${i}] (${a.text}): both take ${common}; ${one}`;
}

function checkFields(rule: PartialRule, i: number, report: Report): void {
  const { include, exclude, rename } = rule.fields ?? {};
  (exclude ?? []).forEach((column, at) => {
    if (include?.includes(column)) {
      report([i, "fields", "exclude", at], `"${column}" is included and excluded`);
    }
  });
  const fieldNames = new Map<string, string>();
  for (const [column, field] of Object.entries(rename ?? {})) {
    const path = [i, "fields", "rename", column];
    if (exclude?.includes(column)) report(path, `"${column}" is renamed and excluded`);
    const other = fieldNames.get(field);
    if (other !== undefined) report(path, `"${other}" is renamed to "${field}" too`);
    fieldNames.set(field, column);
  }
  for (const [key, columns] of [
    [["id"], rule.id],
    [["fields", "include"], include],
    [["fields", "exclude"], exclude],
  ] as const) {
    columns?.forEach((column, at) => {
      if (columns.indexOf(column) < at) report([i, ...key, at], `"${column}" is listed twice`);
    });
  }
}

function checkTruncate(
  rules: readonly PartialRule[],
  i: number,
  pattern: TablePattern | null,
  report: Report,
): void {
  const rule = rules[i];
  if (rule?.on_truncate !== "delete") return;
  const other = rules.findIndex((each, j) => j !== i && each.index === rule.index);
  if (rule.index !== undefined && other >= 0) {
    report(
      [i, "on_truncate"],
      `cannot be "delete": rules[${other}] writes the index "${rule.index}" too and would lose its documents`,
    );
  } else if (pattern !== null && !pattern.exact) {
    report(
      [i, "on_truncate"],
      'cannot be "delete" for a pattern: the documents of its other tables would be lost',
    );
  }
}
