/** What replaces a match: texts, and numbers of groups, 0 being all of the match. */
export type Replacement = readonly (string | number)[];

/** Parses `a$1\$b` as ICU does: `$` and the number of a group, `\` before what stands for itself. Null where a `$` names none. */
export function parseReplacement(text: string, groups: number): Replacement | null {
  const parts: (string | number)[] = [];
  const characters = Array.from(text);
  for (let i = 0; i < characters.length; i++) {
    const character = characters[i]!;
    if (character === "$") {
      const digits = /^\d{1,2}/.exec(characters.slice(i + 1, i + 3).join(""))?.[0];
      if (digits === undefined || digits.length > 1 || Number(digits) > groups) return null;
      parts.push(Number(digits));
      i++;
    } else if (character === "\\") {
      const escaped = characters[++i];
      if (escaped === undefined || /^[uU]$/.test(escaped)) return null;
      parts.push(escaped);
    } else parts.push(character);
  }
  return parts;
}
