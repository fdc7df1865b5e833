/** An identifier in backticks. */
export function quoteName(name: string): string {
  return `\`${name.replaceAll("`", "``")}\``;
}

/** A table's full name in backticks. */
export function quoteTable(table: { readonly database: string; readonly table: string }): string {
  return `${quoteName(table.database)}.${quoteName(table.table)}`;
}
