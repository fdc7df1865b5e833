import type { RuleOptions } from "../core/rule.ts";
import { parseExpressionText } from "./expression.ts";
import { allOf, longFormConditions, longFormItems } from "./long-form.ts";
import { printExpression } from "./print.ts";
import type { TableName } from "./qualifiers.ts";
import { placeError, type RuleText } from "./rule-text-error.ts";
import { parseSelect } from "./select.ts";
import { constantTemplate, parseTemplateText } from "./template.ts";
import type { Expression, SelectItem, Template } from "./tree.ts";

/** A rule's texts, parsed: the long form has become the same as a query. */
export interface Rule {
  readonly options: RuleOptions;
  /** `database.table`, canonical spelling of `parseTablePattern`. */
  readonly table: string;
  readonly items: readonly SelectItem[];
  readonly where: Expression | null;
  readonly deleteWhen: Expression | null;
  readonly index: Template;
  /** Columns, or a template; null = the primary key. */
  readonly id: readonly string[] | { readonly template: Template } | null;
  readonly routing: Template | null;
  /** The text that an `at` refers to, of every item, condition and expression of a template above: see {@link sourceOf}. */
  readonly texts: ReadonlyMap<Expression | SelectItem, RuleText>;
}

/** The text of an item, a condition or an expression of a template, for `placeError`. */
export function sourceOf(rule: Rule, part: Expression | SelectItem): RuleText {
  return rule.texts.get(part) ?? { rule: rule.options.name, key: "query", text: "" };
}

/** Parses a rule. Throws RULE_QUERY_INVALID, whose message names the rule and the key and shows the line with a caret. */
export function parseRule(options: RuleOptions): Rule {
  const parser = new RuleParser(options);
  const { items, where } =
    options.query === undefined ? parser.longForm() : parser.query(options.query);
  return {
    options,
    table: parser.table.table,
    items,
    where,
    deleteWhen: parser.condition("delete_when", options.deleteWhen),
    index: parser.template("index", options.index),
    id: parser.id(options.id),
    routing: options.routing === undefined ? null : parser.template("routing", options.routing),
    texts: parser.texts,
  };
}

class RuleParser {
  readonly texts = new Map<Expression | SelectItem, RuleText>();
  table: TableName;
  readonly #options: RuleOptions;

  constructor(options: RuleOptions) {
    this.#options = options;
    this.table = { table: options.table, alias: null };
  }

  query(text: string): Pick<Rule, "items" | "where"> {
    const source = this.#source("query", text);
    const { items, where, name } = parseSelect(source);
    this.table = name;
    for (const item of items) this.#keep(item, source);
    if (where !== null) this.texts.set(where, source);
    return { items, where };
  }

  longForm(): Pick<Rule, "items" | "where"> {
    const items = longFormItems(this.#options).map(({ key, item, text }) => {
      this.#keep(item, this.#source(key, text));
      return item;
    });
    const { where } = this.#options;
    if (where === undefined || typeof where === "string") {
      return { items, where: this.condition("where", where) };
    }
    const conditions = longFormConditions(where).map(({ key, condition }) => {
      this.texts.set(condition, this.#source(key, printExpression(condition)));
      return condition;
    });
    const all = allOf(conditions);
    if (all !== null && !this.texts.has(all)) {
      this.texts.set(all, this.#source("where", printExpression(all)));
    }
    return { items, where: all };
  }

  condition(key: string, text: string | undefined): Expression | null {
    if (text === undefined) return null;
    const source = this.#source(key, text);
    const condition = parseExpressionText(source, this.table);
    this.texts.set(condition, source);
    return condition;
  }

  template(key: string, text: string): Template {
    const source = this.#source(key, text);
    const template = parseTemplateText(source, this.table);
    for (const part of template) if (typeof part !== "string") this.texts.set(part, source);
    return template;
  }

  id(id: RuleOptions["id"]): Rule["id"] {
    if (id === undefined) return null;
    if (typeof id !== "string") return id;
    const template = this.template("id", id);
    if (constantTemplate(template) !== null) {
      const why = `all rows would have this one id: write ["${id}"] or "{${id}}" for a column`;
      throw placeError("RULE_QUERY_INVALID", this.#source("id", id), 0, why);
    }
    return { template };
  }

  #keep(item: SelectItem, source: RuleText): void {
    this.texts.set(item, source);
    if (item.kind === "field") this.texts.set(item.expression, source);
  }

  #source(key: string, text: string): RuleText {
    return { rule: this.#options.name, key, text, secrets: this.#options.secrets };
  }
}
