import { TailraceError } from "../core/errors.ts";
import { type Column, type TableSchema, tableName } from "../core/schema.ts";
import type { FieldType, TargetField } from "../core/target-field.ts";
import type { TargetOptions } from "../core/action-writer.ts";
import { toTruth } from "../expression/convert.ts";
import type { CodeScope } from "../expression/scope.ts";
import {
  compileToJson,
  fieldTypeOf,
  type JsonSource,
  writtenSource,
} from "../expression/to-json.ts";
import type { Typed } from "../expression/typed.ts";
import { checkWhere } from "../expression/where.ts";
import type { Rule } from "../query/rule.ts";
import type { Expression, SelectItem, Template } from "../query/tree.ts";
import { checkFieldNames } from "./field-names.ts";
import { checkIdColumns } from "./id-columns.ts";
import { checkIndexName, joinTexts } from "./place.ts";
import { RuleCompiler } from "./rule-compiler.ts";

/** A field that is a column as it is. */
export interface FieldPlan extends TargetField {
  readonly column: number;
}

/** JavaScript source and the columns whose values it takes, as `v0`, `v1`…; decimals of few digits as `n0`, `n1`…, too, times ten to the power of their scale. */
export interface CodePlan {
  readonly source: string;
  readonly columns: ReadonlySet<number>;
}

/** A field that an expression makes; its value is in a variable of this name when it is written. */
export interface ExpressionPlan extends TargetField, CodePlan {
  readonly variable: string;
  readonly isNullable: boolean;
  readonly json: JsonSource;
  /** Of a text made of one column: what its bytes become where they are ASCII. */
  readonly copy: { readonly column: number; readonly map: Uint8Array } | null;
}

/** What the document id is made of: columns, or a text (NULL = the row has none). */
export type IdPlan =
  | { readonly kind: "columns"; readonly columns: readonly number[] }
  | { readonly kind: "text"; readonly text: CodePlan };

/** What a rule makes of one definition of a table: indices refer to the table's columns. The code of its expressions is that of any layout. */
export interface DocumentPlan {
  readonly id: IdPlan;
  /** In the order of the document: columns in their order, then expressions; then what only the mapping names, of a rule with a script or an ingest pipeline. */
  readonly fields: readonly TargetField[];
  readonly columns: readonly FieldPlan[];
  readonly expressions: readonly ExpressionPlan[];
  /** Is true for rows that have a document; null = all have. */
  readonly filter: CodePlan | null;
  /** A name, or the text that gives each row its index. */
  readonly index: string | CodePlan;
  readonly routing: CodePlan | null;
  readonly write: TargetOptions["write"];
  /** With an upsert whose rows set their fields to null when they go: these fields. */
  readonly clearedFields: readonly string[] | null;
  /** All columns that have a part in the document or its place, and the primary key, ascending: an update that changes none of them writes nothing. */
  readonly usedColumns: readonly number[];
  readonly scope: CodeScope;
}

/** Doubles hold every decimal of up to this many digits exactly. */
const EXACT_DOUBLE_DIGITS = 15;

/**
 * Resolves and compiles a rule against a table's schema. Throws RULE_* naming the table and the rule; for what stands in one of its texts a `RuleTextError` with the place.
 */
export function planDocument(rule: Rule, schema: TableSchema): DocumentPlan {
  const { options } = rule;
  const place = `${tableName(schema)} → ${options.index}`;
  const compiler = new RuleCompiler(rule, schema);
  const id = planId(rule, schema, { place, compiler });
  const columns: FieldPlan[] = [];
  const expressions: ExpressionPlan[] = [];
  for (const item of rule.items) {
    if (item.kind === "star") columns.push(...starFields(item, schema, { rule, compiler }));
    else if (item.expression.kind === "column") {
      const { name, at } = item.expression;
      const column = compiler.columnIndex(name, at, item);
      columns.push(columnField(item.name, column, { rule, schema }));
    } else expressions.push(expressionField(item, expressions.length, { rule, compiler }));
  }
  columns.sort((a, b) => a.column - b.column);
  const named = [...columns, ...expressions];
  checkFieldNames(
    named.map(({ name }) => name),
    place,
  );
  const fields = [...named, ...scriptFields(rule, named)];
  const filter = planFilter(rule, compiler);
  const index = planTemplate(rule.index, compiler);
  const routing = rule.routing === null ? null : planTemplate(rule.routing, compiler);
  const plan = {
    id,
    fields,
    columns,
    expressions,
    filter,
    index: typeof index === "string" ? checkIndexName(index) : index,
    routing: typeof routing === "string" ? constantText(routing) : routing,
    write: writeOf(rule, fields),
    clearedFields: planCleared(rule, { id, columns, fields }),
  };
  return { ...plan, usedColumns: usedColumns(plan, schema), scope: compiler.scope };
}

/** Does the plan need more than copying columns: conditions, expressions, a place by row? */
export function isPlain(plan: DocumentPlan): boolean {
  return (
    plan.expressions.length === 0 &&
    plan.filter === null &&
    plan.routing === null &&
    plan.clearedFields === null &&
    plan.id.kind === "columns" &&
    typeof plan.index === "string"
  );
}

/** Columns that the place of a document depends on, ascending. */
export function placeColumns({
  id,
  index,
  routing,
}: Pick<DocumentPlan, "id" | "index" | "routing">): number[] {
  const columns = new Set(id.kind === "columns" ? id.columns : id.text.columns);
  for (const text of [index, routing])
    if (typeof text === "object") for (const column of text?.columns ?? []) columns.add(column);
  return [...columns].toSorted((a, b) => a - b);
}

interface Context {
  readonly rule: Rule;
  readonly compiler: RuleCompiler;
}

function planId(
  rule: Rule,
  schema: TableSchema,
  { place, compiler }: { readonly place: string; readonly compiler: RuleCompiler },
): IdPlan {
  if (rule.id !== null && "template" in rule.id) {
    const text = planTemplate(rule.id.template, compiler);
    if (typeof text === "string")
      throw new TailraceError(
        "RULE_ID_UNUSABLE",
        `${place}: the id ${JSON.stringify(text)} is the same for every row.`,
      );
    return { kind: "text", text };
  }
  const columns =
    rule.id === null ? schema.primaryKey : rule.id.map((name) => compiler.namedColumn(name, place));
  checkIdColumns(columns, schema, place);
  return { kind: "columns", columns };
}

function starFields(
  star: Extract<SelectItem, { kind: "star" }>,
  schema: TableSchema,
  { rule, compiler }: Context,
): FieldPlan[] {
  const excepted = new Set(star.except.map(({ name, at }) => compiler.columnIndex(name, at, star)));
  return schema.columns.flatMap((column, index) =>
    column.hidden === true || excepted.has(index)
      ? []
      : [columnField(column.name, index, { rule, schema })],
  );
}

function columnField(
  name: string,
  index: number,
  { rule, schema }: { readonly rule: Rule; readonly schema: TableSchema },
): FieldPlan {
  const { type }: Column = schema.columns[index]!;
  return { column: index, ...fieldOf(name, type, rule) };
}

function fieldOf(name: string, type: FieldType, { options }: Rule): TargetField {
  const mapping = options.mapping?.[name];
  return {
    name,
    type,
    decimalAsString: isDecimalString(options.decimals, type),
    ...(mapping !== undefined && { mapping }),
  };
}

function isDecimalString(decimals: "auto" | "number" | "string", type: FieldType): boolean {
  if (type.kind === "list") return isDecimalString(decimals, type.of);
  if (type.kind !== "decimal" || decimals === "number") return false;
  return decimals === "string" || type.precision > EXACT_DOUBLE_DIGITS;
}

function expressionField(
  item: Extract<SelectItem, { kind: "field" }>,
  number: number,
  { rule, compiler }: Context,
): ExpressionPlan {
  const { typed, columns } = compiler.compile(item.expression, item);
  const field = fieldOf(item.name, fieldTypeOf(typed.type), rule);
  const variable = `x${number}`;
  const { isNullable } = typed;
  const source = writtenSource(typed);
  const isNull = typed.type.kind === "null";
  const json = isNull
    ? { prepare: "", bound: "0", write: "" }
    : compileToJson({ ...typed, source: variable }, compiler.scope, field);
  const copy = copyOf(typed);
  return { ...field, variable, source, isNullable: isNullable || isNull, columns, json, copy };
}

function copyOf({ type, source, ascii }: Typed): ExpressionPlan["copy"] {
  const column = /^v(\d+)$/.exec(ascii?.column ?? "")?.[1];
  if (type.kind !== "text" || ascii?.of !== source || column === undefined) return null;
  return { column: Number(column), map: ascii.map };
}

/**
 * A script and an ingest pipeline may make of fields what they like. They keep the mapping that their expressions give them, since most leave most fields as
 * they are; what becomes of another type, or is added, is named in the rule's `mapping`.
 */
function scriptFields({ options }: Rule, named: readonly TargetField[]): TargetField[] {
  if (options.transform === undefined && options.pipeline === undefined) return [];
  const known = new Set(named.map(({ name }) => name));
  return Object.entries(options.mapping ?? {}).flatMap(([name, mapping]) =>
    known.has(name) ? [] : [{ name, type: { kind: "any" }, decimalAsString: false, mapping }],
  );
}

function planFilter(rule: Rule, compiler: RuleCompiler): CodePlan | null {
  const parts: string[] = [];
  const columns = new Set<number>();
  const add = (condition: Expression | null, wanted: "===" | "!=="): void => {
    if (condition === null) return;
    const code = compiler.compile(condition, condition);
    if (condition === rule.where) checkWhere(condition, compiler.scope);
    for (const column of code.columns) columns.add(column);
    const { source } = truthOf(code.typed, compiler.scope);
    parts.push(`(${source}) ${wanted} 1`);
  };
  add(rule.where, "===");
  add(rule.deleteWhen, "!==");
  return parts.length === 0 ? null : { source: parts.join(" && "), columns };
}

function truthOf(typed: Typed, scope: CodeScope): Typed {
  return typed.type.kind === "null" ? typed : toTruth(typed, scope);
}

/** A text, or the code of one; constant parts are joined. */
function planTemplate(template: Template, compiler: RuleCompiler): string | CodePlan {
  if (template.every((part) => typeof part === "string")) return template.join("");
  const columns = new Set<number>();
  const parts = template.map((part) => {
    if (typeof part === "string") return JSON.stringify(part);
    const code = compiler.compileText(part);
    for (const column of code.columns) columns.add(column);
    return code.source;
  });
  const source =
    parts.length === 1 ? parts[0]! : `${compiler.scope.bind(joinTexts)}(${parts.join(", ")})`;
  return { source, columns };
}

function constantText(text: string): CodePlan {
  return { source: JSON.stringify(text), columns: new Set() };
}

/** An update of an object keeps members that it has lost: fields that hold objects are put in whole. */
function writeOf({ options }: Rule, fields: readonly TargetField[]): TargetOptions["write"] {
  if (!options.upsert) return "whole";
  const isWhole = options.transform !== undefined || fields.some(({ type }) => holdsObjects(type));
  return isWhole ? "replace" : "merge";
}

function holdsObjects(type: FieldType): boolean {
  switch (type.kind) {
    case "json":
    case "geometry":
    case "any":
      return true;
    default:
      // what is in a list is replaced with it
      return false;
  }
}

/** What makes the id belongs to every owner of the document. */
function planCleared(
  { options }: Rule,
  plan: Pick<DocumentPlan, "id" | "columns" | "fields">,
): readonly string[] | null {
  if (!options.upsert || options.onDelete !== "clear") return null;
  const { id, columns, fields } = plan;
  const idColumns = new Set(id.kind === "columns" ? id.columns : []);
  const kept = new Set(
    columns.flatMap(({ name, column }) => (idColumns.has(column) ? [name] : [])),
  );
  return fields.flatMap(({ name }) => (kept.has(name) ? [] : [name]));
}

/** The primary key is always one of them: a row that moves from where a load is still to come to where it has been has only the stream to write its document. */
function usedColumns(
  plan: Omit<DocumentPlan, "usedColumns" | "scope">,
  { primaryKey }: TableSchema,
): number[] {
  const used = new Set([...placeColumns(plan), ...primaryKey]);
  for (const { column } of plan.columns) used.add(column);
  for (const { columns } of plan.expressions) for (const column of columns) used.add(column);
  for (const column of plan.filter?.columns ?? []) used.add(column);
  return [...used].toSorted((a, b) => a - b);
}
