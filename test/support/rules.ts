import type { RuleOptions } from "../../src/core/rule.ts";
import { parseRule, type Rule } from "../../src/query/rule.ts";

/** A rule of a test: what is not given is as a configuration has it by default. */
export function testRule(options: Partial<RuleOptions> = {}): Rule {
  return parseRule(testRuleOptions(options));
}

/** The same before it is parsed. */
export function testRuleOptions(options: Partial<RuleOptions> = {}): RuleOptions {
  const defaults = { name: "test", table: "*.*", index: "test", decimals: "auto" } as const;
  return { ...defaults, upsert: false, onDelete: "delete", ...options };
}
