import type { RuleOptions } from "../core/rule.ts";
import { parseTablePattern, type TablePattern } from "../core/table-pattern.ts";
import { parseRule, type Rule } from "../query/rule.ts";
import { RuleTextError } from "../query/rule-text-error.ts";
import type { KeyPath } from "./key-path.ts";
import { reportBelow, type ConfigProblem, type Report } from "./problems.ts";
import { checkSharedIndices, type PlacedRule } from "./rule-conflicts.ts";
import { ruleNames, tableOf, toRuleOptions, type PartialRule } from "./rule-options.ts";
import { describeIndexNameProblem } from "./schema-values.ts";

/** Checks the rules against themselves and each other; the problems found. */
export function checkRules(
  rules: readonly PartialRule[],
  {
    needsIndex = false,
    secrets = new Set(),
  }: { readonly needsIndex?: boolean; readonly secrets?: ReadonlySet<string> } = {},
): readonly ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  const report = reportBelow(["rules"], problems);
  const names = ruleNames(rules);
  const placed = rules.map((document, i): PlacedRule => {
    if (needsIndex && document.index === undefined) report([i, "index"], "is required");
    const other = names.indexOf(names[i] ?? "");
    if (other < i) report([i, "name"], `is the name of rules[${other}], too`);
    checkShape(document, i, report);
    checkFields(document, i, report);
    const options = toRuleOptions(document, { name: names[i] ?? "", secrets });
    const rule = parse(options, ["rules", i], problems);
    if (rule !== null && document.index !== undefined) checkIndexName(rule, i, report);
    const table = tableOf(document);
    const pattern = table === null ? null : parseTablePattern(table);
    return { document, rule, pattern };
  });
  placed.forEach(({ document, pattern }, i) => {
    checkTruncate(rules, i, pattern, report);
    if (document.index !== undefined) checkSharedIndices(placed, i, report);
  });
  return problems;
}

/** The keys that go together. */
function checkShape(rule: PartialRule, i: number, report: Report): void {
  if (rule.query === undefined) {
    if (rule.table === undefined) report([i, "table"], "is required, or a query");
  } else {
    for (const key of ["table", "fields", "where"] as const) {
      if (rule[key] === undefined) continue;
      report([i, key], "stands beside query, which says FROM, fields and WHERE itself");
    }
  }
  if (rule.upsert === true) {
    if (rule.pipeline !== undefined) {
      report([i, "pipeline"], "is not possible with upsert: updates pass no ingest pipeline");
    }
  } else if (rule.on_delete !== undefined) {
    report([i, "on_delete"], "needs a rule with upsert: others own the whole document");
  }
}

/** The rule with its texts parsed; null, and a problem, when one of them is no SQL. */
function parse(options: RuleOptions, at: KeyPath, problems: ConfigProblem[]): Rule | null {
  try {
    return parseRule(options);
  } catch (error) {
    if (!(error instanceof RuleTextError)) throw error;
    const { source, why, shown } = error;
    problems.push({ path: [...at, ...keyPath(source.key)], message: why, within: shown });
    return null;
  }
}

/** Path of a rule text's key; names of columns may have dots. */
function keyPath(key: string): KeyPath {
  const table = /^(where|fields\.(?:types|rename|constants))\.(.*)$/s.exec(key);
  const [, above = "", name = ""] = table ?? [];
  return table === null ? key.split(".") : [...above.split("."), name];
}

function checkIndexName({ index }: Rule, i: number, report: Report): void {
  const text = index.map((part) => (typeof part === "string" ? part : "x")).join("");
  const problem = describeIndexNameProblem(text);
  if (problem !== null) report([i, "index"], problem);
}

function checkFields(rule: PartialRule, i: number, report: Report): void {
  const { include, exclude, rename, types, constants } = rule.fields ?? {};
  (exclude ?? []).forEach((column, at) => {
    if (include?.includes(column)) {
      report([i, "fields", "exclude", at], `"${column}" is included and excluded`);
    }
  });
  const fieldNames = new Map<string, string>();
  for (const [column, field] of Object.entries(rename ?? {})) {
    const path = [i, "fields", "rename", column];
    if (exclude?.includes(column)) report(path, `"${column}" is renamed and excluded`);
    if (include?.includes(column) === false) {
      report(path, `"${column}" is renamed and not included`);
    }
    const other = fieldNames.get(field);
    if (other !== undefined) report(path, `"${other}" is renamed to "${field}" too`);
    fieldNames.set(field, column);
  }
  for (const column of Object.keys(types ?? {})) {
    const path = [i, "fields", "types", column];
    if (exclude?.includes(column)) report(path, `"${column}" has a type and is excluded`);
    if (include?.includes(column) === false) {
      report(path, `"${column}" has a type and is not included`);
    }
  }
  for (const field of Object.keys(constants ?? {})) {
    const column = fieldNames.get(field) ?? include?.find((each) => each === field);
    if (column !== undefined) {
      report([i, "fields", "constants", field], `"${column}" is the field "${field}" already`);
    }
  }
  for (const [key, columns] of [
    [["id"], rule.id],
    [["fields", "include"], include],
    [["fields", "exclude"], exclude],
  ] as const) {
    if (typeof columns !== "object") continue;
    columns.forEach((column, at) => {
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
  } else if (rule.index?.includes("{") === true) {
    report(
      [i, "on_truncate"],
      'cannot be "delete" where rows choose the index: which there are is not known',
    );
  }
}
