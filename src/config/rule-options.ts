import type { RuleOptions } from "../core/rule.ts";
import { TailraceError } from "../core/errors.ts";
import { parseQuery } from "../query/select.ts";
import { constantTemplate, parseTemplate } from "../query/template.ts";
import { optional } from "./optional.ts";
import type { RuleDocument } from "./schema-rule.ts";

/** A rule of which keys may be missing because they are badly written: it is used as far as they are there. */
export type PartialRule = { readonly [Key in keyof RuleDocument]?: RuleDocument[Key] | undefined };

/** Stands for the table of a rule that does not say it as it must, which is a problem. */
const NO_TABLE = "none.none";

/** A rule in the words of the program; what it lacks is empty. Of the `secrets` it has those that stand in its texts. */
export function toRuleOptions(
  rule: PartialRule,
  { name, secrets }: { readonly name: string; readonly secrets: ReadonlySet<string> },
): RuleOptions {
  const { fields = {} } = rule;
  const texts = JSON.stringify(rule);
  const own = [...secrets].filter((each) => texts.includes(JSON.stringify(each).slice(1, -1)));
  return {
    name,
    table: tableOf(rule) ?? NO_TABLE,
    // Only a capture may leave it out, and has no use for it.
    index: rule.index ?? "",
    ...optional("id", rule.id),
    ...optional("routing", rule.routing),
    ...optional("pipeline", rule.pipeline),
    ...optional("query", rule.query),
    ...optional("include", fields.include),
    ...optional("exclude", fields.exclude),
    ...optional("rename", fields.rename),
    ...optional("types", fields.types),
    ...optional("constants", fields.constants),
    ...optional("where", rule.where),
    ...optional("deleteWhen", rule.delete_when),
    ...optional("transform", rule.transform),
    ...optional("mapping", rule.mapping),
    ...optional("secrets", own.length === 0 ? undefined : own),
    decimals: rule.decimals ?? "auto",
    upsert: rule.upsert ?? false,
    onDelete: rule.on_delete ?? "delete",
  };
}

/** The table or pattern that a rule reads, by its query or its table; null when it says none. */
export function tableOf(rule: PartialRule): string | null {
  if (rule.query === undefined) return rule.table ?? null;
  try {
    return parseQuery(rule.query).table;
  } catch (error) {
    if (error instanceof TailraceError) return null;
    throw error;
  }
}

/**
 * The rules' names: those that are given; for the others what the index's name begins with, or else the table, and a number where that is taken.
 */
export function ruleNames(rules: readonly PartialRule[]): readonly string[] {
  const taken = new Set(rules.flatMap(({ name }) => name ?? []));
  return rules.map((rule) => {
    if (rule.name !== undefined) return rule.name;
    const plain = indexPrefix(rule.index ?? "") || (tableOf(rule) ?? "rule");
    let name = plain;
    for (let i = 2; taken.has(name); i += 1) name = `${plain}-${i}`;
    taken.add(name);
    return name;
  });
}

/** What every index of a template's begins with, without what separates it from the rest. */
function indexPrefix(index: string): string {
  try {
    const template = parseTemplate(index);
    const [first] = template;
    if (typeof first !== "string") return "";
    return constantTemplate(template) === null ? first.replace(/[-_.]+$/, "") : first;
  } catch (error) {
    if (error instanceof TailraceError) return "";
    throw error;
  }
}
