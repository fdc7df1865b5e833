import { parseClass, SHORTHANDS } from "./regexp-class.ts";
import { foldRun } from "./regexp-fold.ts";
import { escapeLiteral, isCaseless, RegexpRefusal } from "./regexp-literal.ts";

/** A pattern as JavaScript's engine takes it (with the flag `u`, and `i` where case does not count). */
export interface TranslatedPattern {
  readonly source: string;
  /** Capturing groups. */
  readonly groups: number;
  /** A capturing group may match several times, and what it holds then differs. */
  readonly repeatsGroups: boolean;
}

/** ICU's line terminators, which `.` does not match. */
const LINE_ENDS = String.raw`\n\v\f\r\x85\u2028\u2029`;
/** `$`: the end, or before the line terminator at the end. */
const END = String.raw`(?=(?:\r\n|(?<!\r)\n|[\v\f\r\x85\u2028\u2029])?$)`;
const MOST_REPETITIONS = 1000;

/** A part of a pattern. */
interface Part {
  readonly source: string;
  readonly canBeEmpty: boolean;
  /** It repeats something without a bound. */
  readonly hasLoop: boolean;
}

/**
 * Translates a pattern of ICU, which MySQL uses, where JavaScript's engine has the same meaning for it: alternatives, groups, greedy and lazy repetition, classes, the ends of
 * the text. Throws {@link RegexpRefusal} for all else, and for repetitions within repetitions, which may take for ever where MySQL gives up.
 */
export function translatePattern(pattern: string, ignoresCase: boolean): TranslatedPattern {
  const parser = new PatternParser(Array.from(pattern), ignoresCase);
  const { source } = parser.parseAll();
  return { source, groups: parser.groups, repeatsGroups: parser.repeatsGroups };
}

class PatternParser {
  readonly #characters: readonly string[];
  readonly #ignoresCase: boolean;
  #at = 0;
  groups = 0;
  repeatsGroups = false;

  constructor(characters: readonly string[], ignoresCase: boolean) {
    this.#characters = characters;
    this.#ignoresCase = ignoresCase;
  }

  parseAll(): Part {
    const all = this.#parseAlternatives();
    if (this.#at < this.#characters.length) throw new RegexpRefusal("a ) without its (");
    return all;
  }

  get #next(): string | undefined {
    return this.#characters[this.#at];
  }

  #parseAlternatives(): Part {
    const parts = [this.#parseSequence()];
    while (this.#next === "|") {
      this.#at++;
      parts.push(this.#parseSequence());
    }
    return {
      source: parts.map(({ source }) => source).join("|"),
      canBeEmpty: parts.some(({ canBeEmpty }) => canBeEmpty),
      hasLoop: parts.some(({ hasLoop }) => hasLoop),
    };
  }

  #parseSequence(): Part {
    let source = "";
    let run: string[] = [];
    let canBeEmpty = true;
    let hasLoop = false;
    const endRun = (): void => {
      source += this.#ignoresCase ? foldRun(run) : run.map(escapeLiteral).join("");
      run = [];
    };
    for (
      let next = this.#next;
      next !== undefined && next !== "|" && next !== ")";
      next = this.#next
    ) {
      const groupsBefore = this.groups;
      const literal = this.#takeLiteral();
      const part =
        literal === null
          ? this.#parsePart()
          : { source: escapeLiteral(literal), canBeEmpty: false, hasLoop: false };
      const isAssertion = literal === null && (part.source === "^" || part.source === END);
      const repetition = this.#parseRepetition();
      if (repetition === null) {
        if (literal === null) {
          endRun();
          source += part.source;
        } else run.push(literal);
        canBeEmpty &&= part.canBeEmpty;
        hasLoop ||= part.hasLoop;
        continue;
      }
      if (isAssertion) throw new RegexpRefusal("a repetition of ^ or $");
      if (repetition.most > 1 && part.canBeEmpty)
        throw new RegexpRefusal("a repetition of what may be empty");
      if (repetition.most > 1 && part.hasLoop) {
        throw new RegexpRefusal("a repetition within a repetition, which may take for ever");
      }
      if (this.groups > groupsBefore) this.repeatsGroups = true;
      endRun();
      source += part.source + repetition.source;
      canBeEmpty &&= part.canBeEmpty || repetition.least === 0;
      hasLoop ||= part.hasLoop || repetition.most === Infinity;
    }
    endRun();
    return { source, canBeEmpty, hasLoop };
  }

  /** A character that stands for itself; null where something else follows. */
  #takeLiteral(): string | null {
    const next = this.#next ?? "";
    let literal = next;
    if (next === "\\") {
      const escaped = this.#characters[this.#at + 1] ?? "";
      const control = CONTROLS[escaped];
      if (control === undefined && !/^[!-/:-@[-`{-~ ]$/.test(escaped)) return null;
      this.#at++;
      literal = control ?? escaped;
    } else if (/^[.^$|()[*+?{]$/.test(next)) return null;
    else if (next === "]" || next === "}") throw new RegexpRefusal(`a ${next} by itself`);
    if (this.#ignoresCase && !isCaseless(literal)) {
      throw new RegexpRefusal("letters other than a to z where case does not count");
    }
    this.#at++;
    return literal;
  }

  #parsePart(): Part {
    const one = { canBeEmpty: false, hasLoop: false };
    const next = this.#characters[this.#at++];
    switch (next) {
      case ".":
        return { source: `[^${LINE_ENDS}]`, ...one };
      case "^":
        return { source: "^", canBeEmpty: true, hasLoop: false };
      case "$":
        return { source: END, canBeEmpty: true, hasLoop: false };
      case "[": {
        const { source, end } = parseClass(this.#characters, this.#at, this.#ignoresCase);
        this.#at = end;
        return { source, ...one };
      }
      case "(":
        return this.#parseGroup();
      case "\\": {
        const name = this.#characters[this.#at++] ?? "";
        const shorthand = SHORTHANDS[name.toLowerCase()];
        if (shorthand === undefined || !/^[dsw]$/i.test(name)) throw new RegexpRefusal(`\\${name}`);
        return {
          source: name === name.toLowerCase() ? `[${shorthand}]` : `[^${shorthand}]`,
          ...one,
        };
      }
      default:
        throw new RegexpRefusal(`a ${next} with nothing before it to repeat`);
    }
  }

  #parseGroup(): Part {
    let open = "(";
    if (this.#next === "?") {
      if (this.#characters[this.#at + 1] !== ":")
        throw new RegexpRefusal("groups that begin with (?");
      this.#at += 2;
      open = "(?:";
    } else this.groups++;
    const inner = this.#parseAlternatives();
    if (this.#next !== ")") throw new RegexpRefusal("a ( without its )");
    this.#at++;
    return { ...inner, source: `${open}${inner.source})` };
  }

  #parseRepetition(): { source: string; least: number; most: number } | null {
    const rest = this.#characters.slice(this.#at, this.#at + 12).join("");
    const found = /^(?:[*+?]|\{(\d{1,4})(,(\d{0,4}))?\})/.exec(rest);
    if (found === null) {
      if (rest.startsWith("{")) throw new RegexpRefusal("a { by itself");
      return null;
    }
    const [sign, least, comma, most] = found;
    const bounds =
      least === undefined
        ? { least: sign === "+" ? 1 : 0, most: sign === "?" ? 1 : Infinity }
        : {
            least: Number(least),
            most: comma === undefined ? Number(least) : most ? Number(most) : Infinity,
          };
    const isBounded = bounds.most === Infinity || bounds.most <= MOST_REPETITIONS;
    if (
      bounds.most === 0 ||
      bounds.most < bounds.least ||
      !isBounded ||
      bounds.least > MOST_REPETITIONS
    ) {
      throw new RegexpRefusal(`the repetition ${sign}`);
    }
    this.#at += sign.length;
    const isLazy = this.#next === "?";
    if (isLazy) this.#at++;
    if (/^[*+?{]$/.test(this.#next ?? ""))
      throw new RegexpRefusal("a repetition behind a repetition");
    return { ...bounds, source: isLazy ? `${sign}?` : sign };
  }
}

const CONTROLS: Readonly<Record<string, string>> = { t: "\t", n: "\n", r: "\r", f: "\f" };
