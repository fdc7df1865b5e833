import { escapeLiteral, isCaseless, RegexpRefusal } from "./regexp-literal.ts";

/** What `\d`, `\s` and `\w` stand for in ICU, as the content of a class; compared with MySQL for every code point. */
export const SHORTHANDS: Readonly<Record<string, string>> = {
  d: String.raw`\p{Nd}`,
  s: String.raw`\t-\r\x85\p{Z}`,
  w: String.raw`\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\u200c\u200d`,
};

/** `[:name:]`, likewise. Those of case have another meaning where case does not count. */
const NAMED: Readonly<Record<string, string>> = {
  alpha: String.raw`\p{Alphabetic}`,
  digit: String.raw`\p{Nd}`,
  alnum: String.raw`\p{Alphabetic}\p{Nd}`,
  space: String.raw`\p{White_Space}`,
  blank: String.raw`\t\p{Zs}`,
  cntrl: String.raw`\p{Cc}`,
  punct: String.raw`\p{P}`,
  xdigit: String.raw`\p{Nd}\p{Hex_Digit}`,
  upper: String.raw`\p{Uppercase}`,
  lower: String.raw`\p{Lowercase}`,
};

const CONTROLS: Readonly<Record<string, string>> = { t: "\t", n: "\n", r: "\r", f: "\f" };

/** Translates the class behind a `[`. Throws {@link RegexpRefusal} for what ICU's classes have beyond single characters, ranges and named classes. */
export function parseClass(
  characters: readonly string[],
  start: number,
  ignoresCase: boolean,
): { readonly source: string; readonly end: number } {
  let at = start;
  let source = "";
  const isNegated = characters[at] === "^";
  if (isNegated) at++;

  const takeCharacter = (): string => {
    const next = characters[at++];
    if (next === undefined) throw new RegexpRefusal("a [ without its ]");
    if (/^[-[\]{}&]$/.test(next))
      throw new RegexpRefusal(`a ${next} in a class that is not escaped`);
    let literal = next;
    if (next === "\\") {
      const escaped = characters[at++] ?? "";
      const control = CONTROLS[escaped];
      if (control === undefined && !/^[!-/:-@[-`{-~ ]$/.test(escaped)) {
        throw new RegexpRefusal(`\\${escaped} in a class`);
      }
      literal = control ?? escaped;
    }
    if (ignoresCase && !isCaseless(literal)) {
      throw new RegexpRefusal("letters other than a to z where case does not count");
    }
    return literal;
  };
  while (characters[at] !== "]") {
    const named = namedClass(characters, at, ignoresCase);
    if (named !== null) {
      source += named.source;
      at = named.end;
      continue;
    }
    const first = takeCharacter();
    if (characters[at] !== "-") {
      source += escapeLiteral(first);
      continue;
    }
    at++;
    const last = takeCharacter();
    if ((first.codePointAt(0) ?? 0) > (last.codePointAt(0) ?? 0)) {
      throw new RegexpRefusal("a range whose end is before its beginning");
    }
    if (ignoresCase && !/^[\0-\x7f]{2}$/.test(first + last) && !/^\p{Lo}{2}$/u.test(first + last)) {
      throw new RegexpRefusal("a range of other characters than ASCII where case does not count");
    }
    source += `${escapeLiteral(first)}-${escapeLiteral(last)}`;
  }
  if (source === "") throw new RegexpRefusal("an empty class");
  return { source: `[${isNegated ? "^" : ""}${source}]`, end: at + 1 };
}

function namedClass(
  characters: readonly string[],
  at: number,
  ignoresCase: boolean,
): { readonly source: string; readonly end: number } | null {
  const rest = characters.slice(at, at + 12).join("");
  const shorthand = /^\\([dsw])/.exec(rest)?.[1];
  if (shorthand !== undefined) {
    const end = at + 2;
    if (characters[end] === "-") throw new RegexpRefusal("a range that begins with a class");
    return { source: SHORTHANDS[shorthand] ?? "", end };
  }
  const name = /^\[:(\w+):\]/.exec(rest)?.[1];
  if (name === undefined) return null;
  const source = NAMED[name];
  if (source === undefined || (ignoresCase && /^(?:upper|lower)$/.test(name))) {
    throw new RegexpRefusal(`[:${name}:]${ignoresCase ? " where case does not count" : ""}`);
  }
  return { source, end: at + name.length + 4 };
}
