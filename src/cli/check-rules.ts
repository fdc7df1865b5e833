import type { RuleConfig } from "../config/config.ts";
import { asTailraceError, type TailraceError } from "../core/errors.ts";
import type { Finding } from "../core/finding.ts";
import type { TableSchema } from "../core/schema.ts";
import type { TargetSpec } from "../core/sink.ts";
import { RuleTextError } from "../query/rule-text-error.ts";
import { loadTransform } from "../rules/transform.ts";
import { findingOf } from "./findings.ts";
import { planIndices, planRules, type PlannedIndex, type PlannedRule } from "./planned-rules.ts";

/** What the rules make of the tables that exist. */
export interface CheckedRules {
  readonly findings: readonly Finding[];
  /** What each index must be able to hold; `*` in its name where rows choose it. */
  readonly specs: readonly TargetSpec[];
}

/** Compiles each rule against the tables that it takes, as a run would. */
export function checkRulesOnTables(
  rules: readonly RuleConfig[],
  schemas: readonly TableSchema[],
  options: { readonly caseSensitive: boolean },
): CheckedRules {
  const planned = planRules(rules, schemas, options);
  const indices = planIndices(planned);
  const conflicts = indices.flatMap((each) => each.conflicts);
  return {
    findings: planned.flatMap((each) => checkRule(each, conflicts)),
    specs: indices.map(({ spec }) => spec),
  };
}

/** The ingest pipelines that documents of the rules pass. */
export function pipelinesOf(rules: readonly RuleConfig[]): ReadonlySet<string> {
  return new Set(rules.flatMap(({ pipeline }) => pipeline ?? []));
}

/** The scripts of rules that cannot be loaded. */
export async function checkTransforms(rules: readonly RuleConfig[]): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const rule of rules) {
    if (rule.transform === undefined) continue;
    try {
      await loadTransform(rule.transform);
    } catch (error) {
      findings.push(findingOf(nameOf(rule), error));
    }
  }
  return findings;
}

function nameOf(rule: RuleConfig): string {
  return `rule ${rule.name}`;
}

function checkRule(planned: PlannedRule, conflicts: PlannedIndex["conflicts"]): readonly Finding[] {
  const { rule, tables, errors } = planned;
  const check = nameOf(rule);
  const way = `${rule.table} → ${rule.index}`;
  if (tables.length === 0) {
    const message = `${way}: no table of this name exists, or the user may not see it`;
    const remedy = "Correct the rule's table, create the table, or GRANT SELECT on it.";
    return [{ severity: "warning", check, message, remedy }];
  }
  const own = conflicts.filter((conflict) => conflict.rule === rule);
  const problems: readonly Finding[] = [
    ...distinct(errors).map((error) => errorFinding(check, error)),
    ...own.map(({ message }): Finding => {
      const remedy =
        "Rename or exclude the field in one of the rules, or give one of them an index of its own.";
      return { severity: "error", check, message, remedy };
    }),
  ];
  if (problems.length > 0) return problems;
  const count = tables.length === 1 ? "1 table" : `${tables.length} tables`;
  const ok: Finding = { severity: "ok", check, message: `${way}: takes ${count}` };
  return [ok, ...unusedMappings(planned)];
}

/** Definitions for fields that no table gives: misspelt names, which would leave the field with the mapping of its type. */
function unusedMappings({ rule, plans }: PlannedRule): readonly Finding[] {
  const names = new Set(plans.flatMap(({ plan }) => plan.fields.map(({ name }) => name)));
  const unused = Object.keys(rule.mapping ?? {}).filter((name) => !names.has(name));
  return unused.map((name) => ({
    severity: "warning",
    check: `rule ${rule.name}, mapping.${name}`,
    message: `the rule has no field ${name}; it has ${[...names].join(", ")}`,
    remedy: "Correct the name, or take the definition out.",
  }));
}

/** One error a place: a text has the same one for every table of a pattern. */
function distinct(errors: readonly TailraceError[]): readonly TailraceError[] {
  const byPlace = new Map<string, TailraceError>();
  for (const error of errors) {
    const isOfText = error instanceof RuleTextError;
    const place = isOfText ? `${error.source.key}:${error.at}` : error.message;
    if (!byPlace.has(place)) byPlace.set(place, error);
  }
  return [...byPlace.values()];
}

function errorFinding(check: string, error: unknown): Finding {
  const { message, remedy } = asTailraceError(error);
  // The rule's name, with which the message about a text begins, is that of the check, too.
  const text =
    error instanceof RuleTextError ? message.replace(`rule ${error.source.rule}, `, "") : message;
  return { severity: "error", check, message: text, remedy };
}
