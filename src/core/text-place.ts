/** A place in a text as people look for it: line and column from 1, and the line with a caret below. */
export interface TextPlace {
  readonly line: number;
  readonly column: number;
  readonly excerpt: string;
}

/** Line and column of an offset, and its line with a caret below; `show` has the last word on what is shown of the line. */
export function showPlace(
  text: string,
  offset: number,
  show: (line: string) => string = (line) => line,
): TextPlace {
  const before = text.slice(0, offset);
  const line = before.split("\n").length;
  const lineStart = before.lastIndexOf("\n") + 1;
  const column = offset - lineStart + 1;
  const written = (text.slice(lineStart).split(/\r?\n/, 1)[0] ?? "").trimEnd();
  const margin = `${line}`.padStart(5);
  const indent = written
    .slice(0, column - 1)
    .padEnd(column - 1)
    .replaceAll(/[^\t]/g, " ");
  return {
    line,
    column,
    excerpt: `${margin} | ${show(written)}\n${" ".repeat(margin.length)} | ${indent}^`,
  };
}
