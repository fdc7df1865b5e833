/** A table as a statement names it. */
export interface NamedTable {
  readonly database: string;
  readonly table: string;
}

/** A word, a name in quotes, or a single punctuation mark of a statement. */
export interface Token {
  readonly text: string;
  readonly quoted: boolean;
}

/** Words, quoted names and single punctuation marks; comments and string literals are dropped, the content of executable comments is kept. */
export function tokenize(statement: string): Token[] {
  const pattern =
    /\/\*[!M]+\d*|\*\/|\/\*[\s\S]*?\*\/|(?:#|--\s)[^\n]*|`((?:[^`]|``)*)`|"((?:[^"\\]|\\[\s\S]|"")*)"|'(?:[^'\\]|\\[\s\S]|'')*'|[\w$\u0080-\uffff]+|[^\s\w]/g;
  const tokens: Token[] = [];
  for (const match of statement.matchAll(pattern)) {
    const text = match[0];
    if (match[1] !== undefined) tokens.push({ text: match[1].replaceAll("``", "`"), quoted: true });
    else if (match[2] !== undefined)
      tokens.push({ text: match[2].replaceAll('""', '"'), quoted: true });
    else if (
      !text.startsWith("/*") &&
      text !== "*/" &&
      !text.startsWith("#") &&
      !text.startsWith("--") &&
      !text.startsWith("'")
    ) {
      tokens.push({ text, quoted: false });
    }
  }
  return tokens;
}

/** The upper-case word at each place, `""` for a quoted name or behind the end. */
export function wordsOf(tokens: readonly Token[]): (n: number) => string {
  return (n) => (tokens[n] === undefined || tokens[n].quoted ? "" : tokens[n].text.toUpperCase());
}

/** The tables of a list that begins at token `start`. */
export function tableList(tokens: readonly Token[], start: number, database: string): NamedTable[] {
  const tables: NamedTable[] = [];
  for (let i = start; i < tokens.length;) {
    const [table, next] = tableAt(tokens, i, database);
    if (table === null) break;
    tables.push(table);
    if (tokens[next]?.text !== ",") break;
    i = next + 1;
  }
  return tables;
}

/** `table` or `database.table` at token `i`, and the index of the token behind it. */
export function tableAt(
  tokens: readonly Token[],
  i: number,
  database: string,
): [NamedTable | null, number] {
  const first = tokens[i];
  if (first === undefined || (!first.quoted && !/^[\w$\u0080-\uffff]/.test(first.text)))
    return [null, i];
  if (tokens[i + 1]?.text === "." && tokens[i + 2] !== undefined)
    return [{ database: first.text, table: tokens[i + 2]!.text }, i + 3];
  return [{ database, table: first.text }, i + 1];
}

/** Past MariaDB's `WAIT n` or `NOWAIT` at token `i`. */
export function behindWait(tokens: readonly Token[], i: number): number {
  const { text, quoted } = tokens[i] ?? { text: "", quoted: true };
  if (quoted) return i;
  return text.toUpperCase() === "NOWAIT" ? i + 1 : text.toUpperCase() === "WAIT" ? i + 2 : i;
}
