import { patternsOverlap, type TablePattern } from "../core/table-pattern.ts";
import type { Rule } from "../query/rule.ts";
import type { Expression, SelectItem } from "../query/tree.ts";
import type { Report } from "./problems.ts";
import type { PartialRule } from "./rule-options.ts";

/** A rule, and what is known of it; null where it is badly written. */
export interface PlacedRule {
  readonly document: PartialRule;
  readonly rule: Rule | null;
  readonly pattern: TablePattern | null;
}

/** What all rules of one index must have in common, and why. */
const INDEX_WIDE = {
  upsert: "whole documents would overwrite the fields that upserts wrote",
  create_index: "an index is created or it is not",
  dynamic: "an index has one such setting",
  decimals: "a field has one type",
} as const satisfies Partial<Record<keyof PartialRule, string>>;

/**
 * Checks rule `i` against those before it that write the same index. Two rules may write the same documents only if both update fields of their own; else one
 * would overwrite or delete what the other wrote.
 */
export function checkSharedIndices(rules: readonly PlacedRule[], i: number, report: Report): void {
  const own = rules[i];
  const { index } = own?.document ?? {};
  if (own === undefined || index === undefined) return;
  const others = rules.slice(0, i).flatMap((rule, j) => (rule.document.index === index ? [j] : []));
  const [other = -1] = others;
  const first = rules[other]?.document;
  if (first === undefined) return;
  const also = `rules[${other}], which writes the index "${index}" too`;
  const tell = (key: string, reason: string): void => {
    report([i, key], `must be the same in ${also}: ${reason}`);
  };
  for (const [key, reason] of Object.entries(INDEX_WIDE)) {
    const name = key as keyof typeof INDEX_WIDE;
    if (own.document[name] !== first[name]) tell(name, reason);
  }
  if (own.document.upsert === true && first.upsert === true) {
    checkUpserts(rules, i, { others, report });
    return;
  }
  const conflict = others.find((j) => writesSame(own, rules[j]));
  if (conflict !== undefined) {
    const text = `takes rows that rules[${conflict}] takes, too, into the same index under the same id`;
    const remedy = "give one another index or id, or both upsert with fields of their own";
    report([i, own.document.query === undefined ? "table" : "query"], `${text}: ${remedy}`);
  } else if (!haveComparableIds(own.document, first)) {
    tell("id", "documents of one table could replace those of another");
  }
}

/** Do both take some rows of one table to the same documents? */
function writesSame(a: PlacedRule, b: PlacedRule | undefined): boolean {
  if (!a.pattern || !b?.pattern || !patternsOverlap(a.pattern, b.pattern)) return false;
  return JSON.stringify(idOf(a)) === JSON.stringify(idOf(b));
}

/** The id as it is written, but that of one column as a list. */
function idOf({ document, rule }: PlacedRule): PartialRule["id"] {
  const [only, other] = rule?.id != null && "template" in rule.id ? rule.id.template : [];
  const isColumn = typeof only === "object" && only.kind === "column" && other === undefined;
  return isColumn ? [only.name] : document.id;
}

/** Columns of one name, or texts, which tell what they are of. */
function haveComparableIds(a: PartialRule, b: PartialRule): boolean {
  if (typeof a.id === "string" || typeof b.id === "string") return true;
  return JSON.stringify(a.id) === JSON.stringify(b.id);
}

/** Rules that own parts of the documents of one index: each field has one owner, but those that make the id. */
function checkUpserts(
  rules: readonly PlacedRule[],
  i: number,
  { others, report }: { readonly others: readonly number[]; readonly report: Report },
): void {
  const own = rules[i];
  const [first = -1] = others;
  if (own === undefined) return;
  for (const j of others.length === 1 ? [first, i] : [i]) {
    const { on_delete: onDelete, id } = rules[j]?.document ?? {};
    const why = `several rules update documents of the index "${own.document.index}"`;
    if (onDelete === undefined) report([j, "on_delete"], `is required: ${why}`);
    if (id === undefined) {
      report(
        [j, "id"],
        `is required: ${why}, and the fields that make the id may be in all of them`,
      );
    }
  }
  const hasRouting = own.document.routing !== undefined;
  if (hasRouting !== (rules[first]?.document.routing !== undefined)) {
    report([i, "routing"], `must be in rules[${first}], too, or in neither: a document has one`);
  }
  for (const j of others) checkFieldOwners(own, rules[j], { i, j, report });
}

function checkFieldOwners(
  own: PlacedRule,
  other: PlacedRule | undefined,
  { i, j, report }: { readonly i: number; readonly j: number; readonly report: Report },
): void {
  if (own.rule === null || !other?.rule) return;
  const key = own.document.query === undefined ? "fields" : "query";
  if (hasStar(own.rule) && hasStar(other.rule)) {
    const why = `rules[${j}] takes all columns as fields of the same documents, too`;
    report([i, key], `must name its fields: ${why}`);
    return;
  }
  const theirs = new Set(namedFields(other.rule));
  const shared = namedFields(own.rule).filter((name) => theirs.has(name));
  if (shared.length > 0) {
    const names = shared.map((name) => `"${name}"`).join(", ");
    report(
      [i, key],
      `rules[${j}] writes ${names} of the same documents, too: a field has one owner`,
    );
  }
}

function hasStar(rule: Rule): boolean {
  return rule.items.some((item) => item.kind === "star");
}

/** Fields by name but those that are part of the id, which is the same whoever writes it. */
function namedFields(rule: Rule): readonly string[] {
  const idColumns = new Set(idColumnsOf(rule).map((name) => name.toLowerCase()));
  return rule.items.flatMap((item) =>
    item.kind === "field" && !isOneOf(item, idColumns) ? [item.name] : [],
  );
}

function isOneOf(item: SelectItem, columns: ReadonlySet<string>): boolean {
  if (item.kind !== "field" || item.expression.kind !== "column") return false;
  return columns.has(item.expression.name.toLowerCase());
}

/** Columns that are the id, or stand as they are in its text. */
function idColumnsOf({ id }: Rule): readonly string[] {
  if (id === null) return [];
  if (!("template" in id)) return id;
  return id.template.flatMap((part: string | Expression) =>
    typeof part !== "string" && part.kind === "column" ? [part.name] : [],
  );
}
