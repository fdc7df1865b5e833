import { ID_SCRATCH_BYTES } from "../core/action-writer.ts";
import { TailraceError } from "../core/errors.ts";
import type { Column, TableSchema } from "../core/schema.ts";

/** Refuses columns that make no document id: those that may be NULL, are too long or of a type without one text for a value. Throws RULE_NO_KEY, RULE_ID_UNUSABLE. */
export function checkIdColumns(id: readonly number[], schema: TableSchema, place: string): void {
  if (id.length === 0)
    throw new TailraceError(
      "RULE_NO_KEY",
      `${place}: the table has no primary key and the rule no id.`,
    );
  const columns = id.map((index) => schema.columns[index]!);
  for (const column of columns) checkIdColumn(column, place);
  const idBytes = columns.reduce((sum, column) => sum + greatestIdBytes(column), 0);
  if (idBytes > ID_SCRATCH_BYTES)
    throw new TailraceError(
      "RULE_ID_UNUSABLE",
      `${place}: the columns ${columns.map((column) => column.name).join(", ")} together are too long for an id.`,
    );
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
