import type { Column, TableSchema } from "../core/schema.ts";

/** The columns of a table's primary key, and what of their types is seen in an id: another scale or fraction gives each value another text. */
export function keyText(schema: TableSchema): string {
  return schema.primaryKey.map((column) => idPart(schema.columns[column]!)).join(", ");
}

function idPart({ name, type }: Column): string {
  switch (type.kind) {
    case "integer":
    case "text":
      return name;
    case "decimal":
      return `${name} decimal of scale ${type.scale}`;
    case "time":
    case "datetime":
    case "timestamp":
      return `${name} ${type.kind}(${type.fraction})`;
    case "binary":
      return type.fixedLength === undefined
        ? `${name} binary`
        : `${name} binary(${type.fixedLength})`;
    default:
      return `${name} ${type.kind}`;
  }
}
