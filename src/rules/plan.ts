import { ID_SCRATCH_BYTES } from "../core/action-writer.ts";
import { TailraceError } from "../core/errors.ts";
import { type Column, type TableSchema, tableName } from "../core/schema.ts";
import type { TargetField } from "../core/target-field.ts";
import type { RuleOptions } from "./rule.ts";

/** A field of the document and the column that it comes from. */
export interface FieldPlan extends TargetField {
  readonly column: number;
}

/** What a rule makes of one definition of a table: indices refer to the table's columns. */
export interface DocumentPlan {
  readonly id: readonly number[];
  /** In the order of the columns. */
  readonly fields: readonly FieldPlan[];
}

/** Doubles hold every decimal of up to this many digits exactly. */
const EXACT_DOUBLE_DIGITS = 15;

/** Resolves a rule against a table's schema. Throws RULE_* naming the table, the rule's index and the column. */
export function planDocument(rule: RuleOptions, schema: TableSchema): DocumentPlan {
  const place = `${tableName(schema)} → ${rule.index}`;
  const byName = new Map(schema.columns.map((column, index) => [column.name, index]));
  const find = (name: string): number => {
    const index = byName.get(name);
    if (index !== undefined) return index;
    throw new TailraceError(
      "RULE_COLUMN_UNKNOWN",
      `${place}: there is no column ${name}; the table has ${[...byName.keys()].join(", ")}.`,
    );
  };
  const id = rule.id === undefined ? schema.primaryKey : rule.id.map(find);
  if (id.length === 0)
    throw new TailraceError(
      "RULE_NO_KEY",
      `${place}: the table has no primary key and the rule no id.`,
    );
  for (const index of id) checkIdColumn(schema.columns[index]!, place);
  const idBytes = id.reduce((sum, index) => sum + greatestIdBytes(schema.columns[index]!), 0);
  if (idBytes > ID_SCRATCH_BYTES)
    throw new TailraceError(
      "RULE_ID_UNUSABLE",
      `${place}: the columns ${id.map((index) => schema.columns[index]!.name).join(", ")} together are too long for an id.`,
    );

  const included = rule.include === undefined ? null : new Set(rule.include.map(find));
  const excluded = new Set((rule.exclude ?? []).map(find));
  const renamed = new Map(
    Object.entries(rule.rename ?? {}).map(([column, field]) => [find(column), field]),
  );
  const fields = schema.columns.flatMap((column, index): FieldPlan[] =>
    (included === null ? column.hidden !== true : included.has(index)) && !excluded.has(index)
      ? [
          {
            name: renamed.get(index) ?? column.name,
            column: index,
            type: column.type,
            decimalAsString: isDecimalString(rule, column),
          },
        ]
      : [],
  );
  checkFieldNames(fields, place);
  return { id, fields };
}

function isDecimalString(rule: RuleOptions, column: Column): boolean {
  if (column.type.kind !== "decimal" || rule.decimals === "number") return false;
  return rule.decimals === "string" || column.type.precision > EXACT_DOUBLE_DIGITS;
}

function checkIdColumn(column: Column, place: string): void {
  const refuse = (why: string): never => {
    throw new TailraceError("RULE_ID_UNUSABLE", `${place}: column ${column.name} ${why}.`);
  };
  if (column.nullable) refuse("may be NULL");
  switch (column.type.kind) {
    case "float":
    case "double":
    case "json":
    case "geometry":
    case "vector":
      refuse(`is of type ${column.type.kind}`);
      break;
    case "text":
    case "binary":
      if (column.type.maxBytes > MAX_ID_COLUMN_BYTES)
        refuse(`may hold ${column.type.maxBytes} bytes`);
      break;
    default:
  }
}

/** A bound in bytes of what a column adds to an id: escaped for JSON, and ":" and "%" of a part replaced by three characters. */
function greatestIdBytes({ type }: Column): number {
  switch (type.kind) {
    case "text":
      return 6 * type.maxBytes + 3;
    case "binary":
      return 2 * type.maxBytes + 7;
    case "enum":
      return 3 + Math.max(0, ...type.members.map(labelBytes));
    case "set":
      return 3 + type.members.reduce((sum, member) => sum + labelBytes(member) + 1, 0);
    default:
      return 128;
  }
}

function labelBytes(label: string): number {
  return 6 * Buffer.byteLength(label);
}

/** InnoDB's longest key; a longer column could overflow the id's scratch space. */
const MAX_ID_COLUMN_BYTES = 3072;

/** Elasticsearch makes objects of names with dots, keeps some with an underscore for itself, and merges equal ones. */
function checkFieldNames(fields: readonly FieldPlan[], place: string): void {
  const seen = new Set<string>();
  for (const { name } of fields) {
    const why =
      name.trim() === ""
        ? "is empty"
        : name.startsWith(".") || name.endsWith(".") || name.includes("..")
          ? "has an empty part between dots"
          : RESERVED.has(name)
            ? "is one of Elasticsearch's own"
            : seen.has(name)
              ? "stands for two columns"
              : null;
    if (why !== null)
      throw new TailraceError(
        "RULE_FIELD_INVALID",
        `${place}: the field name ${JSON.stringify(name)} ${why}.`,
      );
    seen.add(name);
  }
}

const RESERVED = new Set([
  "_id",
  "_index",
  "_source",
  "_routing",
  "_version",
  "_type",
  "_field_names",
  "_ignored",
  "_seq_no",
  "_doc_count",
  "_tier",
  "_nested_path",
  "_data_stream_timestamp",
]);
