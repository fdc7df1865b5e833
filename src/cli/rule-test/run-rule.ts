import type { TargetOptions } from "../../core/action-writer.ts";
import { asTailraceError } from "../../core/errors.ts";
import { createJsonRowLayout, jsonRowBytes, type JsonRow } from "../../core/json-row.ts";
import type { RuleOptions } from "../../core/rule.ts";
import type { TableSchema } from "../../core/schema.ts";
import { parseRule } from "../../query/rule.ts";
import { compileEncoder } from "../../rules/encoder.ts";
import { rowFailureCode } from "../../rules/row-failure.ts";
import { loadTransform } from "../../rules/transform.ts";
import { ActionCollector, type CollectedAction } from "./collect-actions.ts";

/** What a rule makes of a row. */
export type RowOutcome =
  | { readonly kind: "document"; readonly action: CollectedAction }
  /** The rule's conditions (or its script) leave the row without a document. */
  | { readonly kind: "none" }
  | { readonly kind: "failed"; readonly code: string; readonly message: string };

/** A rule over the rows of one table, as a run would encode them. */
export type RunRule = (row: JsonRow) => RowOutcome;

/** Compiles a rule against a table, with its script. Throws RULE_*. */
export async function createRuleRun(rule: RuleOptions, schema: TableSchema): Promise<RunRule> {
  const { transform: script } = rule;
  const encoder = compileEncoder(
    parseRule(rule),
    { schema, layout: createJsonRowLayout(schema.columns) },
    { transform: script === undefined ? null : await loadTransform(script) },
  );
  const { write, index } = encoder.plan;
  const targetOf = (name: string): TargetOptions => ({
    index: name,
    write,
    pipeline: rule.pipeline,
  });
  const target = typeof index === "string" ? targetOf(index) : null;
  return (row) => {
    const writer = new ActionCollector();
    const end = jsonRowBytes(row);
    for (let next = 0; next !== end;) {
      writer.begin(target, 0, 0);
      encoder.script?.begin("insert", 0);
      next = encoder.insert(row, next, end, writer);
      if (next === end) break;
      const { stop } = encoder;
      if (stop.reason === "target") encoder.targets.set(stop.index, targetOf(stop.index));
      else return failure(stop.error);
    }
    const [action] = writer.actions;
    return action === undefined ? { kind: "none" } : { kind: "document", action };
  };
}

function failure(error: unknown): RowOutcome {
  const code = rowFailureCode(error);
  const message = error instanceof Error ? error.message : asTailraceError(error).message;
  return { kind: "failed", code, message };
}
