/** Digits of the letters A to Z; 0 = a vowel. */
const DIGITS = "01230120022455012623010202";

/** How a word sounds in English, as MySQL has it: as many digits as there are, not four; in Unicode everything from À on is a letter, and sounds like a vowel. */
export function soundex(text: string, isUnicode: boolean): string {
  let code = "";
  let count = 0;
  let last = "";
  for (const character of text) {
    if (!isLetter(character, isUnicode)) continue;
    const digit = digitOf(character);
    if (count === 0) {
      code = upper(character);
      count = 1;
      last = digit;
    } else if (digit !== "0" && digit !== last) {
      code += digit;
      count++;
      last = digit;
    }
  }
  return count === 0 ? "" : code + "0".repeat(Math.max(0, 4 - count));
}

function isLetter(character: string, isUnicode: boolean): boolean {
  return /^[a-z]$/i.test(character) || (isUnicode && (character.codePointAt(0) ?? 0) >= 0xc0);
}

function digitOf(character: string): string {
  const upperCase = upper(character);
  return /^[A-Z]$/.test(upperCase) ? (DIGITS[upperCase.charCodeAt(0) - 65] ?? "0") : "0";
}

function upper(character: string): string {
  return /^[a-z]$/.test(character) ? character.toUpperCase() : character;
}
