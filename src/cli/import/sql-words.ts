/** A piece of SQL text between white space and comments. */
export interface SqlWord {
  readonly kind: "name" | "quoted" | "string" | "number" | "sign";
  /** As it is written. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
  /** How many parentheses it stands in. */
  readonly depth: number;
}

const PIECES =
  /(?<space>\s+|--[^\n]*|#[^\n]*|\/\*[^]*?\*\/)|(?<quoted>`(?:[^`]|``)*`)|(?<string>'(?:[^'\\]|\\[^]|'')*'|"(?:[^"\\]|\\[^]|"")*")|(?<number>\d+(?:\.\d+)?)|(?<name>[\p{L}_$@][\p{L}\p{N}_$@]*)|(?<sign><=>|->>|->|<=|>=|<>|!=|\|\||&&|[^])/gu;

/** Cuts SQL into words: enough to find the clauses of a SELECT and its columns, not to understand them. */
export function sqlWords(text: string): readonly SqlWord[] {
  const words: SqlWord[] = [];
  let depth = 0;
  for (const match of text.matchAll(PIECES)) {
    const entry = Object.entries(match.groups ?? {}).find(([, piece]) => piece !== undefined);
    if (entry === undefined || entry[0] === "space") continue;
    if (match[0] === ")") depth -= 1;
    const kind = entry[0] as SqlWord["kind"];
    words.push({
      kind,
      text: match[0],
      start: match.index,
      end: match.index + match[0].length,
      depth,
    });
    if (match[0] === "(") depth += 1;
  }
  return words;
}

/** Whether the word is this keyword. */
export function isKeyword(word: SqlWord | undefined, ...keywords: readonly string[]): boolean {
  return word?.kind === "name" && keywords.includes(word.text.toLowerCase());
}

/** The name that the word spells. */
export function nameIn(word: SqlWord): string {
  return word.kind === "quoted" ? word.text.slice(1, -1).replaceAll("``", "`") : word.text;
}

/** Whether the word is a name, in back-ticks or not. */
export function isName(word: SqlWord | undefined): word is SqlWord {
  return word?.kind === "name" || word?.kind === "quoted";
}
