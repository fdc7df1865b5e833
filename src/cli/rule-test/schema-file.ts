import { readFile } from "node:fs/promises";
import { z } from "zod";
import { TailraceError } from "../../core/errors.ts";
import type { TableSchema } from "../../core/schema.ts";

const shape = z.object({
  tables: z.array(
    z.object({
      database: z.string(),
      table: z.string(),
      columns: z.array(
        z.object({
          name: z.string(),
          type: z.looseObject({ kind: z.string() }),
          nullable: z.boolean(),
        }),
      ),
      primaryKey: z.array(z.int().min(0)),
    }),
  ),
});

/** Tables as `tailrace schema` writes them, one column a line, so that changes of a table are seen in a diff. */
export function writeSchemas(tables: readonly TableSchema[]): string {
  const texts = tables.map(({ columns, ...table }) => {
    const lines = columns.map((column) => `      ${JSON.stringify(column)}`).join(",\n");
    const { database, table: name, ...rest } = table;
    const tail = Object.entries(rest).map(
      ([key, value]) => `,\n      ${JSON.stringify(key)}: ${JSON.stringify(value)}`,
    );
    return `    {\n      "database": ${JSON.stringify(database)},\n      "table": ${JSON.stringify(name)},\n      "columns": [\n  ${lines.replaceAll("\n", "\n  ")}\n      ]${tail.join("")}\n    }`;
  });
  return `{\n  "tables": [\n${texts.join(",\n")}\n  ]\n}\n`;
}

/** Reads what {@link writeSchemas} wrote. Throws CONFIG_UNREADABLE. */
export async function readSchemas(path: string): Promise<readonly TableSchema[]> {
  let tree: unknown;
  try {
    tree = JSON.parse(await readFile(path, "utf8"));
  } catch (error) {
    throw new TailraceError("CONFIG_UNREADABLE", `${path} cannot be read`, { cause: error });
  }
  if (!shape.safeParse(tree).success)
    throw new TailraceError(
      "CONFIG_UNREADABLE",
      `${path} is none of the files that \`tailrace schema\` writes`,
    );
  return (tree as { tables: readonly TableSchema[] }).tables;
}
