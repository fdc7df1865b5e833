/** How a character gets its weights where they are not written down. */
export const Formula = {
  explicit: 0,
  /** The implicit weights of the Unicode Collation Algorithm, of unified ideographs, of their extensions, and of all that it does not know. */
  ideograph: 1,
  extension: 2,
  other: 3,
  tangut: 4,
  /** Those of the letters that a Hangul syllable is made of. */
  hangul: 5,
  /** The code point itself. */
  identity: 6,
  /** U+FFFD for every character. */
  substitute: 7,
} as const;

/** Bases of implicit weights. */
const BASES: Readonly<Record<number, number>> = {
  [Formula.ideograph]: 0xfb40,
  [Formula.extension]: 0xfb80,
  [Formula.other]: 0xfbc0,
};
const TANGUT = 0xfb00;
const FIRST_TANGUT = 0x17000;
/** Weights of the second and third level that go with an implicit one. */
const COMMON = [0, 0x20, 2] as const;

const FIRST_SYLLABLE = 0xac00;
const LAST_SYLLABLE = 0xd7a3;
const FIRST_LEAD = 0x1100;
const FIRST_VOWEL = 0x1161;
/** The one before the first: a syllable without a tail has none. */
const BEFORE_TAILS = 0x11a7;
const TAILS = 28;
const VOWELS = 21;

/** Weights of a character on a level (0 = the first) by a formula; undefined where the formula is not for it. */
export function formulaWeights(
  formula: number,
  point: number,
  level: number,
  explicitWeights: (point: number, level: number) => readonly number[],
): readonly number[] | undefined {
  const common = COMMON[level] ?? 0;
  switch (formula) {
    case Formula.ideograph:
    case Formula.extension:
    case Formula.other: {
      const base = BASES[formula] ?? 0;
      return level > 0 ? [common] : [base + (point >> 15), (point & 0x7fff) | 0x8000];
    }
    case Formula.tangut:
      if (point < FIRST_TANGUT) return undefined;
      return level > 0 ? [common] : [TANGUT, (point - FIRST_TANGUT) | 0x8000];
    case Formula.hangul:
      if (point < FIRST_SYLLABLE || point > LAST_SYLLABLE) return undefined;
      return lettersOf(point - FIRST_SYLLABLE).flatMap((letter) => explicitWeights(letter, level));
    case Formula.identity:
      return level > 0 ? undefined : [point];
    case Formula.substitute:
      return level > 0 ? undefined : [0xfffd];
    default:
      return undefined;
  }
}

function lettersOf(syllable: number): number[] {
  const tail = syllable % TAILS;
  const vowel = Math.floor(syllable / TAILS) % VOWELS;
  const lead = Math.floor(syllable / (TAILS * VOWELS));
  const letters = [FIRST_LEAD + lead, FIRST_VOWEL + vowel];
  return tail === 0 ? letters : [...letters, BEFORE_TAILS + tail];
}
