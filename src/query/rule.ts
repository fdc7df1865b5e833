import { TailraceError } from "../core/errors.ts";
import type { RuleOptions } from "../core/rule.ts";
import type { Expression, SelectItem, Template } from "./tree.ts";

/** A rule's texts, parsed: the long form has become the same as a query. */
export interface Rule {
  readonly options: RuleOptions;
  readonly items: readonly SelectItem[];
  readonly where: Expression | null;
  readonly deleteWhen: Expression | null;
  readonly index: Template;
  /** Columns, or a template; null = the primary key. */
  readonly id: readonly string[] | { readonly template: Template } | null;
  readonly routing: Template | null;
  /** The text that an `at` refers to, for messages: {@link sourceOf}. */
  readonly texts: ReadonlyMap<Expression | SelectItem, RuleText>;
}

/** One of a rule's texts and the key that holds it. */
export interface RuleText {
  /** `query`, `where`, `index`, `fields.types.tags`. */
  readonly key: string;
  readonly text: string;
}

/** Parses a rule. Throws RULE_QUERY_INVALID, whose message names the rule and the key and shows the line with a caret. */
export function parseRule(options: RuleOptions): Rule {
  throw new TailraceError("RULE_QUERY_INVALID", `${options.name}: not yet parsed`);
}
