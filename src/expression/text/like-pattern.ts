/** Does a text match a pattern? */
export type Like = (text: string, pattern: string) => boolean;

/** Are two characters (code points) the same? */
type SameCharacter = (a: number, b: number) => boolean;

/** A pattern's step: any text, any one character, or a character. */
interface Step {
  readonly kind: "any" | "one" | "character";
  readonly point: number;
  /** By ASCII character: is it the same? */
  readonly ascii: Uint8Array | null;
}

const ASCII = 0x80;
const ANY: Step = { kind: "any", point: 0, ascii: null };
const ONE: Step = { kind: "one", point: 0, ascii: null };

/** A LIKE whose characters are compared by `isSame`. The pattern that was used last stays parsed. */
export function createLike(isSame: SameCharacter, escape: string): Like {
  let lastPattern: string | null = null;
  let steps: readonly Step[] = [];
  return (text, pattern) => {
    if (pattern !== lastPattern) {
      steps = parsePattern(pattern, escape, isSame);
      lastPattern = pattern;
    }
    return matchSteps(steps, text, isSame);
  };
}

function parsePattern(pattern: string, escape: string, isSame: SameCharacter): Step[] {
  const characters = Array.from(pattern);
  const steps: Step[] = [];
  for (let i = 0; i < characters.length; i++) {
    const character = characters[i]!;
    if (character === escape && i + 1 < characters.length) {
      i++;
      steps.push(characterStep(characters[i]!, isSame));
    } else if (character === "%") {
      if (steps.at(-1) !== ANY) steps.push(ANY);
    } else {
      steps.push(character === "_" ? ONE : characterStep(character, isSame));
    }
  }
  return steps;
}

function characterStep(character: string, isSame: SameCharacter): Step {
  const point = character.codePointAt(0) ?? 0;
  const ascii = Uint8Array.from({ length: ASCII }, (_, other) => (isSame(other, point) ? 1 : 0));
  return { kind: "character", point, ascii };
}

/** Whatever follows a `%` is tried at each place from where the text before it ended; an earlier `%` need not be tried again. */
function matchSteps(steps: readonly Step[], text: string, isSame: SameCharacter): boolean {
  let at = 0;
  let step = 0;
  let anyStep = -1;
  let anyAt = 0;
  while (at < text.length) {
    const current = steps[step];
    if (current?.kind === "any") {
      step++;
      if (step === steps.length) return true;
      anyStep = step;
      anyAt = at;
      continue;
    }
    const point = text.codePointAt(at) ?? 0;
    if (current !== undefined && isStep(current, point, isSame)) {
      step++;
      at += point > 0xffff ? 2 : 1;
      continue;
    }
    if (anyStep < 0) return false;
    anyAt += (text.codePointAt(anyAt) ?? 0) > 0xffff ? 2 : 1;
    at = anyAt;
    step = anyStep;
  }
  return steps[step] === undefined || (steps[step] === ANY && step + 1 === steps.length);
}

function isStep(step: Step, point: number, isSame: SameCharacter): boolean {
  if (step.ascii === null) return true;
  return point < ASCII ? step.ascii[point] === 1 : isSame(point, step.point);
}
