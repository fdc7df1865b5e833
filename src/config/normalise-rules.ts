import { resolve } from "node:path";
import { parseTablePattern } from "../core/table-pattern.ts";
import type { RuleConfig, RuleTest } from "./config.ts";
import { nearestName } from "./known-keys.ts";
import { optional } from "./optional.ts";
import { reportBelow, type ConfigProblem, type Report } from "./problems.ts";
import { ruleNames, toRuleOptions } from "./rule-options.ts";
import type { RuleDocument, TestDocument } from "./schema-rule.ts";
import type { FileSources } from "./tls.ts";

/** The rules as the program uses them; problems are added. */
export function normaliseRules(
  rules: readonly RuleDocument[],
  sources: FileSources & { readonly secrets: ReadonlySet<string> },
  problems: ConfigProblem[],
): readonly RuleConfig[] {
  const names = ruleNames(rules);
  return rules.map((rule, i) => {
    const options = toRuleOptions(rule, { name: names[i] ?? "", secrets: sources.secrets });
    const report = reportBelow(["rules", i], problems);
    return {
      ...options,
      ...optional("transform", readTransform(rule.transform, sources, report)),
      createIndex: rule.create_index,
      dynamic: rule.dynamic,
      onTruncate: rule.on_truncate,
      cascade: rule.cascade,
    };
  });
}

/** The script's path, absolute; a problem when it cannot be read. */
function readTransform(
  path: string | undefined,
  { folder, readText }: FileSources,
  report: Report,
): string | undefined {
  if (path === undefined) return undefined;
  const file = resolve(folder, path);
  try {
    readText(file);
  } catch {
    report(["transform"], `the file ${file} cannot be read`);
  }
  return file;
}

/** The tests as the program uses them; problems are added. */
export function normaliseTests(
  tests: readonly TestDocument[],
  rules: readonly RuleConfig[],
  problems: ConfigProblem[],
): readonly RuleTest[] {
  const names = rules.map((rule) => rule.name);
  return tests.map(({ name, rule, row, ...rest }, i) => {
    const report = reportBelow(["tests", i], problems);
    const tested = rules.find((each) => each.name === rule);
    if (tested === undefined) {
      const nearest = nearestName(rule, names);
      const known =
        nearest === null ? `there are ${names.join(", ")}` : `did you mean "${nearest}"?`;
      report(["rule"], `there is no rule of this name; ${known}`);
    } else if (rest.table === undefined && !parseTablePattern(tested.table).exact) {
      report(["table"], `is required: the rule's is the pattern ${tested.table}`);
    }
    return {
      name,
      rule,
      ...optional("table", rest.table),
      row,
      expect: rest.expect === "none" ? null : rest.expect,
      ...optional("place", rest.place && givenOf(rest.place)),
    };
  });
}

/** Without the keys that are undefined. */
function givenOf(place: NonNullable<TestDocument["place"]>): NonNullable<RuleTest["place"]> {
  return {
    ...optional("index", place.index),
    ...optional("id", place.id),
    ...optional("routing", place.routing),
  };
}
