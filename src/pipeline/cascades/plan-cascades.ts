import { TailraceError } from "../../core/errors.ts";
import { type Column, type TableSchema, tableName } from "../../core/schema.ts";
import { describeActions, type ForeignKey } from "../../mysql/foreign-keys.ts";
import { indexPattern } from "../../rules/place.ts";
import { type DocumentPlan, type FieldPlan, placeColumns, planDocument } from "../../rules/plan.ts";
import type { LoadedRule } from "../rule-set.ts";

/** A foreign key that the log does not follow, and how the documents of its child are found. */
export interface CascadeLink {
  readonly key: ForeignKey;
  /** The child's rule. */
  readonly rule: string;
  /** Where its documents are: a name, or a pattern with `*`. */
  readonly index: string;
  readonly child: TableSchema;
  /** The foreign key's columns, indices into the child's. */
  readonly columns: readonly number[];
  /** The fields that they are found by, in the same order. */
  readonly paths: readonly string[];
  /** What documents tell of their row: enough to read it again and to find their own place. */
  readonly fields: readonly FieldPlan[];
}

/** What is done about foreign keys that the log does not follow. */
export interface CascadePlan {
  readonly links: readonly CascadeLink[];
  /** Foreign keys that nothing is done about. */
  readonly ignored: readonly IgnoredCascade[];
}

/** A foreign key whose changes reach no document. */
export interface IgnoredCascade {
  readonly key: ForeignKey;
  readonly remedy: string;
}

/** What cascades are planned from. */
export interface CascadeInputs {
  /** As `readForeignKeys` gives them. */
  readonly keys: readonly ForeignKey[];
  readonly rulesOf: (database: string, table: string) => readonly LoadedRule[];
  /** All tables that a rule takes. */
  readonly tables: readonly TableSchema[];
}

const SYNTHESIZE = 'cascade = "synthesize"';

/** Finds a link for every rule that asks for one, and tells which foreign keys stay without. Throws RULE_*. Pure. */
export function planCascades(inputs: CascadeInputs): CascadePlan {
  const { keys, rulesOf } = inputs;
  const links: CascadeLink[] = [];
  const ignored: IgnoredCascade[] = [];
  for (const key of keys) {
    const rules = rulesOf(key.child.database, key.child.table);
    const asking = rules.filter(({ config }) => config.cascade === "synthesize");
    for (const rule of asking) links.push(linkOf(key, rule, inputs));
    if (asking.length === rules.length && rules.length > 0) continue;
    ignored.push({ key, remedy: remedyOf(key, rules.length > 0) });
  }
  return { links, ignored };
}

function remedyOf({ child }: ForeignKey, hasRule: boolean): string {
  const others =
    "let the application change those rows, or compare continuously (verify.continuous)";
  return hasRule
    ? `set ${SYNTHESIZE} on its rule, ${others}`
    : `rows that refer to those of ${tableName(child)} are not found, for it has no rule with ${SYNTHESIZE}: ${others}`;
}

function linkOf(key: ForeignKey, rule: LoadedRule, inputs: CascadeInputs): CascadeLink {
  const refuse = (why: string): never => {
    throw new TailraceError(
      "RULE_CASCADE_UNUSABLE",
      `rule ${rule.config.name}, foreign key ${key.name} of ${tableName(key.child)} (${describeActions(key)}): ${why}`,
    );
  };
  const child =
    onlyTable(rule, inputs) ??
    refuse("the rule takes several tables, and documents do not tell of which they are");
  if (rule.transform !== null || rule.config.pipeline !== undefined)
    refuse("a script or an ingest pipeline may change what the documents hold");
  if (child.primaryKey.length === 0) refuse("the table has no primary key");
  const plan = planDocument(rule.rule, child);
  const columns = key.columns.map((name) => indexOf(child, name));
  const needed = new Set([
    ...columns,
    ...child.primaryKey,
    ...placeColumns(plan),
    ...referencedColumns(child, inputs),
  ]);
  const fields = [...needed].map((column) => {
    const field = plan.columns.find((each) => each.column === column);
    return field ?? refuse(`the documents do not hold the column ${nameOf(child, column)}`);
  });
  for (const { column } of fields)
    if (!isExact(child.columns[column]!))
      refuse(
        `the type of the column ${nameOf(child, column)} does not come back from documents as it was`,
      );
  const paths = columns.map((column) => {
    const path = searchPath(child.columns[column]!, fieldOf(plan, column));
    return path ?? refuse(`the column ${nameOf(child, column)} cannot be searched for exactly`);
  });
  const index = indexPattern(rule.rule.index);
  return { key, rule: rule.config.name, index, child, columns, paths, fields };
}

function onlyTable(
  { rule, config }: LoadedRule,
  { tables, rulesOf }: CascadeInputs,
): TableSchema | null {
  const own = tables.filter(({ database, table }) =>
    rulesOf(database, table).some((each) => each.rule === rule || each.config.name === config.name),
  );
  return own.length === 1 ? own[0]! : null;
}

/** Columns of a table that other links' foreign keys refer to. */
function referencedColumns(
  table: TableSchema,
  { keys, rulesOf }: CascadeInputs,
): readonly number[] {
  return keys
    .filter(
      ({ parent, child }) =>
        parent.database === table.database &&
        parent.table === table.table &&
        rulesOf(child.database, child.table).some(({ config }) => config.cascade === "synthesize"),
    )
    .flatMap(({ parentColumns }) => parentColumns.map((name) => indexOf(table, name)));
}

/** Are a document's values those of the row, digit by digit? */
function isExact({ type }: Column): boolean {
  switch (type.kind) {
    case "integer":
    case "year":
    case "uuid":
    case "enum":
    case "date":
    case "datetime":
    case "timestamp":
      return true;
    case "text":
      return !type.large;
    default:
      return false;
  }
}

/**
 * The field by which a column's value is found, and nothing else; null when there is none. Texts only where the collation tells apart what the index tells apart: a foreign key
 * compares by the collation.
 */
function searchPath({ type }: Column, { name, mapping }: FieldPlan): string | null {
  switch (type.kind) {
    case "integer":
    case "uuid":
      return name;
    case "text": {
      if (type.charset !== "binary" && type.collation?.endsWith("_bin") !== true) return null;
      if (mapping === undefined) return `${name}.keyword`;
      return mapping["type"] === "keyword" ? name : null;
    }
    default:
      return null;
  }
}

function fieldOf(plan: DocumentPlan, column: number): FieldPlan {
  return plan.columns.find((field) => field.column === column)!;
}

function indexOf({ columns }: TableSchema, name: string): number {
  return columns.findIndex((column) => column.name.toLowerCase() === name.toLowerCase());
}

function nameOf({ columns }: TableSchema, column: number): string {
  return columns[column]?.name ?? "?";
}
