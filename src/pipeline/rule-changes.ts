import { isDeepStrictEqual } from "node:util";
import type { RuleConfig } from "../config/config.ts";
import type { RuleChange } from "./reload.ts";

/** Parts of a rule that change nothing in documents: how an index is made or kept. */
const WITHOUT_DOCUMENTS = new Set<keyof RuleConfig>([
  "name",
  "createIndex",
  "dynamic",
  "mapping",
  "onTruncate",
  "onDelete",
  "secrets",
]);

/** What became of each rule, by name, between two rule sets. `newScripts` names rules whose script is another behind the same path. */
export function describeRuleChanges(
  before: readonly RuleConfig[],
  after: readonly RuleConfig[],
  newScripts: ReadonlySet<string> = new Set(),
): readonly RuleChange[] {
  const old = new Map(before.map((rule) => [rule.name, rule]));
  const names = new Set(after.map((rule) => rule.name));
  return [
    ...before
      .filter((rule) => !names.has(rule.name))
      .map((rule): RuleChange => ({
        rule: rule.name,
        change: "removed",
        needsReload: false,
        why: "its documents stay as they are",
      })),
    ...after.flatMap((rule): readonly RuleChange[] => {
      const was = old.get(rule.name);
      if (was === undefined) {
        const why = "rows from before the change have no documents";
        return [{ rule: rule.name, change: "added", needsReload: true, why }];
      }
      const parts = changedParts(was, rule);
      if (newScripts.has(rule.name) && !parts.includes("transform")) parts.push("transform");
      if (parts.length === 0) return [];
      const needsReload = parts.some((part) => !WITHOUT_DOCUMENTS.has(part));
      return [{ rule: rule.name, change: "changed", needsReload, why: parts.join(", ") }];
    }),
  ];
}

function changedParts(before: RuleConfig, after: RuleConfig): (keyof RuleConfig)[] {
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]) as Set<keyof RuleConfig>;
  return [...keys].filter((key) => !isDeepStrictEqual(before[key], after[key])).toSorted();
}
