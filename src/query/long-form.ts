import type { FieldCast, RuleOptions, Scalar } from "../core/rule.ts";
import { printExpression, printName } from "./print.ts";
import { call, text } from "./tree-nodes.ts";
import type { Expression, SelectItem } from "./tree.ts";

/** An item of the long form and the key that it comes from. */
export interface LongFormItem {
  readonly key: string;
  readonly item: SelectItem;
  /** What the item would be in a query. */
  readonly text: string;
}

/** What the fields of a rule without a query select: the same items as a query would. */
export function longFormItems(options: RuleOptions): readonly LongFormItem[] {
  const { include, exclude = [], rename = {}, types = {}, constants = {} } = options;
  const named = (name: string, expression: Expression, key: string): LongFormItem => ({
    key,
    item: { kind: "field", name, expression, at: 0 },
    text: printExpression(expression),
  });
  const field = (column: string, key: string): LongFormItem =>
    named(own(rename, column) ?? column, castColumn(column, own(types, column)), key);
  const keyOf = (column: string, other: string): string => {
    if (Object.hasOwn(types, column)) return `fields.types.${column}`;
    return Object.hasOwn(rename, column) ? `fields.rename.${column}` : other;
  };
  const items: LongFormItem[] = [];
  if (include === undefined) {
    // Excluding comes first: what is excluded is not brought back by its cast.
    const changed = [...new Set([...Object.keys(rename), ...Object.keys(types)])].filter(
      (column) => !exclude.includes(column),
    );
    items.push(star(exclude, changed));
    items.push(...changed.map((column) => field(column, keyOf(column, "fields"))));
  } else {
    const included = include.filter((column) => !exclude.includes(column));
    items.push(...included.map((column) => field(column, keyOf(column, "fields.include"))));
  }
  for (const [name, value] of Object.entries(constants)) {
    const literal = scalarLiteral(value);
    // A constant of the configuration is what JSON has, TRUE of SQL is 1.
    const expression = typeof value === "boolean" ? call("bool", [literal], 0) : literal;
    items.push(named(name, expression, `fields.constants.${name}`));
  }
  return items;
}

/** All columns but these. */
function star(exclude: readonly string[], changed: readonly string[]): LongFormItem {
  const key = exclude.length > 0 ? "fields.exclude" : "fields";
  const except: { readonly name: string; readonly at: number }[] = [];
  let written = "* except (";
  for (const name of [...exclude, ...changed]) {
    if (except.length > 0) written += ", ";
    except.push({ name, at: written.length });
    written += printName(name);
  }
  return {
    key,
    item: { kind: "star", except, at: 0 },
    text: except.length === 0 ? "*" : `${written})`,
  };
}

/** The conditions of a `where` table, by the key of each: a column equals a value, or one of a list; null stands for NULL. */
export function longFormConditions(
  where: Readonly<Record<string, Scalar | readonly Scalar[]>>,
): readonly { readonly key: string; readonly condition: Expression }[] {
  return Object.entries(where).map(([column, value]) => ({
    key: `where.${column}`,
    condition: columnCondition(column, isList(value) ? value : [value]),
  }));
}

/** All of the conditions; null when there are none. */
export function allOf(conditions: readonly Expression[]): Expression | null {
  const [first = null, ...others] = conditions;
  return others.reduce((left, right) => left && call("and", [left, right], 0), first);
}

function columnCondition(column: string, values: readonly Scalar[]): Expression {
  const name: Expression = { kind: "column", name: column, at: 0 };
  const isNull = call("is null", [name], 0);
  const literals = values.filter((value) => value !== null).map(scalarLiteral);
  if (literals.length === 0) return isNull;
  const isOne = call(literals.length === 1 ? "=" : "in", [name, ...literals], 0);
  return literals.length === values.length ? isOne : call("or", [isOne, isNull], 0);
}

/** A column as its cast makes it, see {@link FieldCast}. */
function castColumn(name: string, cast: FieldCast | undefined): Expression {
  const column: Expression = { kind: "column", name, at: 0 };
  if (typeof cast === "object") return call("split", [column, text(cast.list, 0)], 0);
  switch (cast) {
    case undefined:
      return column;
    case "string":
      return { kind: "cast", argument: column, to: { type: "char" }, at: 0 };
    case "integer":
      return { kind: "cast", argument: column, to: { type: "signed" }, at: 0 };
    case "number":
      return call("+", [column, scalarLiteral(0)], 0);
    case "boolean":
      return call("bool", [column], 0);
    case "date":
      return call("to_datetime", [column], 0);
    case "list":
      return call("split", [column, text(",", 0)], 0);
    case "json":
      return call("json", [column], 0);
  }
}

/** The literal that SQL writes for a value of a configuration. */
export function scalarLiteral(value: Scalar): Expression {
  if (value === null) return { kind: "literal", type: "null", at: 0 };
  if (typeof value === "boolean") return { kind: "literal", type: "boolean", value, at: 0 };
  if (typeof value === "string") return text(value, 0);
  const digits = `${value}`.replace(/^-/, "");
  const type = /e/i.test(digits) ? "double" : digits.includes(".") ? "decimal" : "integer";
  const literal: Expression = { kind: "literal", type, text: digits, at: 0 };
  return value < 0 ? call("neg", [literal], 0) : literal;
}

function isList(value: Scalar | readonly Scalar[]): value is readonly Scalar[] {
  return Array.isArray(value);
}

function own<Value>(table: Readonly<Record<string, Value>>, key: string): Value | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}
