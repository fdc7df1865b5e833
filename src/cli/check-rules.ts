import type { RuleConfig } from "../config/config.ts";
import { asTailraceError } from "../core/errors.ts";
import type { Finding } from "../core/finding.ts";
import { tableName, type TableSchema } from "../core/schema.ts";
import type { TargetSpec } from "../core/sink.ts";
import type { TargetField } from "../core/target-field.ts";
import { parseRule } from "../query/rule.ts";
import { planDocument } from "../rules/plan.ts";
import { createTableMatcher } from "../rules/table-pattern.ts";

/** What the rules make of the tables that exist. */
export interface CheckedRules {
  readonly findings: readonly Finding[];
  /** What each index must be able to hold. */
  readonly specs: readonly TargetSpec[];
}

/** Resolves each rule against the tables that it takes, as a run would. */
export function checkRulesOnTables(
  rules: readonly RuleConfig[],
  schemas: readonly TableSchema[],
  options: { readonly caseSensitive: boolean },
): CheckedRules {
  const ruleOf = createTableMatcher(rules, options);
  const tablesOf = Map.groupBy(schemas, (schema) => ruleOf(schema.database, schema.table));
  const findings: Finding[] = [];
  const fieldsOf = new Map<string, Map<string, TargetField>>();
  for (const rule of rules) {
    const fields = fieldsOf.get(rule.index) ?? new Map<string, TargetField>();
    fieldsOf.set(rule.index, fields);
    findings.push(...checkRule(rule, tablesOf.get(rule) ?? [], fields));
  }
  const specs = [...fieldsOf].flatMap(([index, fields]): readonly TargetSpec[] => {
    const rule = rules.find((each) => each.index === index);
    if (rule === undefined) return [];
    const { createIndex: create, dynamic } = rule;
    const write = rule.upsert ? "merge" : "whole";
    return [{ target: { index, write }, fields: [...fields.values()], create, dynamic }];
  });
  return { findings, specs };
}

/** The findings of one rule; its fields are added to those of its index. */
function checkRule(
  rule: RuleConfig,
  schemas: readonly TableSchema[],
  fields: Map<string, TargetField>,
): readonly Finding[] {
  const check = `rule ${rule.table} → ${rule.index}`;
  if (schemas.length === 0) {
    const message = "no table of this name exists, or the user may not see it";
    const remedy = "Correct the rule's table, create the table, or GRANT SELECT on it.";
    return [{ severity: "warning", check, message, remedy }];
  }
  const problems = schemas.flatMap((schema): readonly Finding[] => {
    try {
      const conflicts = addFields(planDocument(parseRule(rule), schema).fields, fields);
      return conflicts.map((message) => ({
        severity: "error",
        check,
        message: `${tableName(schema)}: ${message}`,
        remedy:
          "Rename or exclude the field in one of the rules, or give the table an index of its own.",
      }));
    } catch (error) {
      const { message, remedy } = asTailraceError(error);
      // the rule's name, with which such a message begins, is that of the check, too
      const text = message.replace(`${check.slice("rule ".length)}: `, "");
      return [{ severity: "error", check, message: text, remedy }];
    }
  });
  if (problems.length > 0) return problems;
  const count = schemas.length === 1 ? "1 table" : `${schemas.length} tables`;
  return [{ severity: "ok", check, message: `takes ${count}` }];
}

/** Adds a table's fields to those of the index; what does not agree with a field that is there already. */
function addFields(
  added: readonly TargetField[],
  fields: Map<string, TargetField>,
): readonly string[] {
  return added.flatMap((field) => {
    const known = fields.get(field.name);
    if (known === undefined) fields.set(field.name, field);
    if (known === undefined || known.type.kind === field.type.kind) return [];
    return [
      `the field ${field.name} is of type ${field.type.kind}, and ${known.type.kind} in another table of the same index`,
    ];
  });
}
