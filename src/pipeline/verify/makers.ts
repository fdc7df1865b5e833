import type { TableSchema } from "../../core/schema.ts";
import { keyLiteral } from "../../mysql/key-literal.ts";
import type { LoadedRule } from "../rule-set.ts";
import type { Maker } from "./candidate.ts";
import type { VerifiedTable } from "./verified-table.ts";

/** Can the row of a document be found by the document's id? Else all rows have to be looked through. */
export function isFoundById({ table }: VerifiedTable, rule: LoadedRule): boolean {
  const columns = idColumns(rule, table.schema);
  return (
    columns !== null &&
    columns.length === table.keyColumns.length &&
    columns.every((column) => table.keyColumns.includes(column))
  );
}

/** The row that would have a document of this id by the rule; null when no row can, as far as {@link isFoundById} is true. */
export function makerOf({ table }: VerifiedTable, rule: LoadedRule, id: string): Maker | null {
  const { schema, keyColumns } = table;
  const columns = idColumns(rule, schema) ?? [];
  const parts = columns.length > 1 ? id.split(":").map(unescapePart) : [id];
  if (parts.length !== columns.length) return null;
  const key: string[] = [];
  for (const column of keyColumns) {
    const literal = literalOf(schema, column, parts[columns.indexOf(column)]!);
    if (literal === null) return null;
    key.push(literal);
  }
  return { table, rule: rule.config.name, key };
}

/** May rows whose key cannot be told to the server again have this id? A date that is no day of the calendar prints as null. */
export function isOfUntoldKey({ table }: VerifiedTable, rule: LoadedRule, id: string): boolean {
  const columns = idColumns(rule, table.schema) ?? [];
  const parts = columns.length > 1 ? id.split(":") : [id];
  return columns.some((column, part) => {
    const { kind } = table.schema.columns[column]!.type;
    return DATED.has(kind) && parts[part] === "null";
  });
}

const DATED: ReadonlySet<string> = new Set(["date", "datetime", "timestamp"]);

/** Columns that make the document id; null where a text does. */
function idColumns({ rule: { id } }: LoadedRule, schema: TableSchema): readonly number[] | null {
  if (id === null) return schema.primaryKey;
  if ("template" in id) return null;
  return id.map((name) =>
    schema.columns.findIndex((column) => column.name.toLowerCase() === name.toLowerCase()),
  );
}

/** The literal of a part of an id, null when no value of the column prints so. */
function literalOf(schema: TableSchema, column: number, part: string): string | null {
  const described = schema.columns[column]!;
  try {
    return keyLiteral(described, isNumber(described.type.kind) ? part : JSON.stringify(part));
  } catch {
    return null;
  }
}

function isNumber(kind: string): boolean {
  return ["integer", "decimal", "year", "bit", "double", "float"].includes(kind);
}

function unescapePart(part: string): string {
  return part.replaceAll("%3A", ":").replaceAll("%25", "%");
}
