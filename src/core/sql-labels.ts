/**
 * The labels of `enum('a','it''s')` or `set(…)` as the server prints it: a quote doubled, and `\\`, `\n`, `\r`, `\0` escaped. The server
 * prints a character outside the basic plane as `?`; only the log's own metadata has it.
 */
export function parseLabels(columnType: string): string[] {
  const labels: string[] = [];
  for (const [, quoted = ""] of columnType.matchAll(/'((?:[^'\\]|''|\\[^])*)'/g)) {
    labels.push(quoted.replaceAll(/''|\\([^])/g, (_, escaped?: string) => unescaped(escaped)));
  }
  return labels;
}

function unescaped(escaped: string | undefined): string {
  if (escaped === undefined) return "'";
  return { n: "\n", r: "\r", "0": "\0" }[escaped] ?? escaped;
}
