import type { RuleConfig } from "../config/config.ts";
import { type TableSchema, tableName } from "../core/schema.ts";
import type { Sink } from "../core/sink.ts";
import { type DocumentPlan, planDocument } from "../rules/plan.ts";
import { withCollations } from "../transport/collations.ts";
import type { ReloadAnswer } from "./reload.ts";
import type { Router } from "./router.ts";
import { describeRuleChanges } from "./rule-changes.ts";
import { type LoadedRule, loadRules, type RuleSet } from "./rule-set.ts";

/** What a switch of rules takes. */
export interface RuleSwitchParts {
  readonly rules: RuleSet;
  readonly router: Router;
  readonly sink: Sink;
  /** Tables as they are now, of those that the rules take; null where there is no server to ask. */
  readonly readTables:
    | ((rules: readonly { readonly table: string }[]) => Promise<readonly TableSchema[]>)
    | null;
  /** Calls the function between two transactions (records), when nothing is being taken: at once when the source is idle. */
  readonly atBoundary: (switchOver: () => void) => Promise<void>;
  /** The other rules are in force: whoever remembers what the old ones meant forgets it. */
  readonly onSwitched: (configs: readonly RuleConfig[]) => void;
}

/**
 * Switches a running pipeline to other rules. They are parsed, compiled against every table that was seen and those that the server has now, and their indices are made ready, before
 * anything changes; then all who go by rules are switched between two transactions, so that each is written by one set. Rejects with what is wrong, and nothing has changed then.
 */
export async function switchRules(
  configs: readonly RuleConfig[],
  parts: RuleSwitchParts,
): Promise<ReloadAnswer> {
  const { rules, router, sink, atBoundary, onSwitched } = parts;
  const next = await loadRules(configs);
  const matcher = rules.matcherOf(next);
  const live = (await parts.readTables?.(next)) ?? [];
  for (const schema of [...router.seenTables.map((seen) => completed(seen, live)), ...live]) {
    for (const rule of matcher(schema.database, schema.table)) {
      const plan = planDocument(rule.rule, withIds(schema, rule));
      await prepare(rule, plan, sink);
    }
  }
  const before = rules.rules.map(({ config }) => config);
  const scripts = new Map(rules.rules.map(({ config, transform }) => [config.name, transform]));
  const newScripts = next
    .filter(({ config, transform }) => transform !== scripts.get(config.name))
    .map(({ config }) => config.name);
  await atBoundary(() => {
    rules.replace(next);
    router.forgetRoutes();
    onSwitched(configs);
  });
  const changes = describeRuleChanges(before, configs, new Set(newScripts));
  return {
    version: rules.version,
    changes,
    needsReload: changes.some(({ needsReload }) => needsReload),
  };
}

async function prepare({ config }: LoadedRule, plan: DocumentPlan, sink: Sink): Promise<void> {
  const { index } = plan;
  if (typeof index !== "string") return;
  const { createIndex: create, dynamic, pipeline } = config;
  const target = sink.target({ index, write: plan.write, pipeline });
  await sink.prepare({ target, fields: plan.fields, create, dynamic });
}

/** A table as records tell it, with what the server adds to it when the rules need it. */
function completed(seen: TableSchema, live: readonly TableSchema[]): TableSchema {
  const name = tableName(seen);
  const present = seen.isVague ? live.find((table) => tableName(table) === name) : undefined;
  return present === undefined ? seen : { ...seen, columns: withCollations(seen.columns, present) };
}

/** Records seldom tell which columns may be NULL: those that ids are made of are taken for columns that may not, and rows are judged one by one. */
function withIds(schema: TableSchema, { rule }: LoadedRule): TableSchema {
  if (schema.isVague !== true || rule.id === null || "template" in rule.id) return schema;
  const ids = new Set(rule.id.map((name) => name.toLowerCase()));
  const columns = schema.columns.map((column) =>
    ids.has(column.name.toLowerCase()) ? { ...column, nullable: false } : column,
  );
  return { ...schema, columns };
}
