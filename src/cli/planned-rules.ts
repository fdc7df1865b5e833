import type { RuleConfig } from "../config/config.ts";
import { asTailraceError, TailraceError } from "../core/errors.ts";
import { type TableSchema, tableName } from "../core/schema.ts";
import type { TargetSpec } from "../core/sink.ts";
import type { TargetField } from "../core/target-field.ts";
import { parseRule } from "../query/rule.ts";
import { type DocumentPlan, planDocument } from "../rules/plan.ts";
import { indexPattern } from "../rules/place.ts";
import { createTableMatcher } from "../rules/table-pattern.ts";

/** A rule and what it makes of the tables that exist. */
export interface PlannedRule {
  readonly rule: RuleConfig;
  /** The index, or a pattern with `*` where rows choose it. */
  readonly index: string;
  readonly tables: readonly TableSchema[];
  /** Of those tables for which the rule compiles. */
  readonly plans: readonly { readonly schema: TableSchema; readonly plan: DocumentPlan }[];
  readonly errors: readonly TailraceError[];
}

/** Compiles each rule against the tables that it takes, as a run would. */
export function planRules(
  rules: readonly RuleConfig[],
  schemas: readonly TableSchema[],
  options: { readonly caseSensitive: boolean },
): readonly PlannedRule[] {
  return rules.map((rule) => {
    const parsed = parseRule(rule);
    const matches = createTableMatcher([rule], options);
    const tables = schemas.filter(({ database, table }) => matches(database, table) !== null);
    const plans: { readonly schema: TableSchema; readonly plan: DocumentPlan }[] = [];
    const errors: TailraceError[] = [];
    for (const schema of tables) {
      try {
        plans.push({ schema, plan: planDocument(parsed, schema) });
      } catch (error) {
        errors.push(asTailraceError(error));
      }
    }
    return { rule, index: indexPattern(parsed.index), tables, plans, errors };
  });
}

/** What each index must be able to hold, whatever rule writes it, and what does not go together. */
export interface PlannedIndex {
  readonly index: string;
  readonly rules: readonly PlannedRule[];
  /** By name; of several with one name the first. */
  readonly fields: readonly TargetField[];
  readonly spec: TargetSpec;
  /** In words, by the rule in which it shows. */
  readonly conflicts: readonly { readonly rule: RuleConfig; readonly message: string }[];
}

/** The indices of the rules in their order. */
export function planIndices(planned: readonly PlannedRule[]): readonly PlannedIndex[] {
  const byIndex = Map.groupBy(planned, (each) => each.index);
  return [...byIndex].map(([index, rules]) => {
    const fields = new Map<string, TargetField>();
    const conflicts = rules.flatMap(({ rule, plans }) =>
      plans.flatMap(({ schema, plan }) =>
        addFields(plan.fields, fields).map((text) => ({
          rule,
          message: `${tableName(schema)}: ${text}`,
        })),
      ),
    );
    conflicts.push(...ownerConflicts(rules), ...sameDocuments(rules));
    const { rule } = rules[0]!;
    const write = rules.flatMap(({ plans }) => plans)[0]?.plan.write ?? "whole";
    const list = [...fields.values()];
    const spec: TargetSpec = {
      target: { index, write },
      fields: list,
      create: rule.createIndex,
      dynamic: rule.dynamic,
    };
    return { index, rules, fields: list, spec, conflicts };
  });
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
    if (known.mapping !== undefined && field.mapping !== undefined) return [];
    return [
      `the field ${field.name} is of type ${field.type.kind}, and ${known.type.kind} in another table of the same index`,
    ];
  });
}

/** Fields of documents that several rules update, which have one owner but where they make the id. */
function ownerConflicts(rules: readonly PlannedRule[]): PlannedIndex["conflicts"] {
  const owners = new Map<string, RuleConfig>();
  const conflicts: { readonly rule: RuleConfig; readonly message: string }[] = [];
  for (const { rule, plans } of rules) {
    if (!rule.upsert) continue;
    const names = new Set(plans.flatMap(({ plan }) => ownFields(plan)));
    for (const name of names) {
      const owner = owners.get(name);
      owners.set(name, owner ?? rule);
      if (owner === undefined || owner === rule) continue;
      const message = `the field ${name} is that of rule ${owner.name}, too: a field has one owner`;
      conflicts.push({ rule, message });
    }
  }
  return conflicts;
}

/** Rules that write whole documents of one table under the same ids into the same index. */
function sameDocuments(rules: readonly PlannedRule[]): PlannedIndex["conflicts"] {
  const writers = new Map<string, RuleConfig>();
  return rules.flatMap(({ rule, plans }) =>
    plans.flatMap(({ schema, plan }) => {
      if (rule.upsert) return [];
      const id = plan.id.kind === "columns" ? plan.id.columns : plan.id.text.source;
      const key = JSON.stringify([tableName(schema), rule.index, id]);
      const other = writers.get(key);
      writers.set(key, other ?? rule);
      if (other === undefined) return [];
      const message = `${tableName(schema)}: rule ${other.name} writes the same documents, one would replace or delete the other's`;
      return [{ rule, message }];
    }),
  );
}

function ownFields({ id, columns, fields }: DocumentPlan): readonly string[] {
  const idColumns = new Set(id.kind === "columns" ? id.columns : id.text.columns);
  const shared = new Set(
    columns.flatMap(({ name, column }) => (idColumns.has(column) ? [name] : [])),
  );
  return fields.flatMap(({ name }) => (shared.has(name) ? [] : [name]));
}
