import { escapeLiteral, RegexpRefusal } from "./regexp-literal.ts";

/** Characters that are several letters of ASCII where case does not count. */
const LIGATURES: readonly (readonly [letters: string, characters: string])[] = [
  ["ss", "[ßẞ]"],
  ["ffi", "ﬃ"],
  ["ffl", "ﬄ"],
  ["ff", "ﬀ"],
  ["fi", "ﬁ"],
  ["fl", "ﬂ"],
  ["st", "[ﬅﬆ]"],
];
const MOST_LIGATURES = 5;

/**
 * Literals in a row where case does not count: ICU compares them folded, so that `ss` is `ß`, but one letter alone is not half of it. JavaScript's flag `i` does the rest. Throws
 * {@link RegexpRefusal} where there would be too many ways.
 */
export function foldRun(run: readonly string[]): string {
  if (run.length < 2) return run.map(escapeLiteral).join("");
  const text = run.map((character) => (character.length === 1 ? character.toLowerCase() : "\0"));
  const folded = text.join("");
  let places = 0;
  for (let i = 0; i < run.length; i++) {
    if (LIGATURES.some(([letters]) => folded.startsWith(letters, i))) places++;
  }
  if (places > MOST_LIGATURES)
    throw new RegexpRefusal("so many letters that ß, ﬁ and the like could stand for");
  return foldFrom(run, folded, 0);
}

function foldFrom(run: readonly string[], folded: string, at: number): string {
  let source = "";
  for (let i = at; i < run.length; i++) {
    const found = LIGATURES.filter(([letters]) => folded.startsWith(letters, i));
    if (found.length > 0) {
      const ways = found.map(
        ([letters, characters]) => characters + foldFrom(run, folded, i + letters.length),
      );
      return `${source}(?:${escapeLiteral(run[i]!)}${foldFrom(run, folded, i + 1)}|${ways.join("|")})`;
    }
    source += escapeLiteral(run[i]!);
  }
  return source;
}
