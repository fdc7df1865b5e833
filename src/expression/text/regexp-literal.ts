/** Why a pattern is refused: the end of `a pattern with …`. */
export class RegexpRefusal extends Error {}

/** A character as it stands for itself in a pattern of JavaScript with the flag `u`. */
export function escapeLiteral(character: string): string {
  if (/^[\\^$.*+?()[\]{}|/-]$/.test(character)) return `\\x${character.charCodeAt(0).toString(16)}`;
  // controls, and what JavaScript takes for the end of a line
  return /^[\p{Cc}\u2028\u2029]$/u.test(character)
    ? `\\u{${character.charCodeAt(0).toString(16)}}`
    : character;
}

/** Is the character compared alike where case does not count: ASCII, or a letter of a script without case? */
export function isCaseless(character: string): boolean {
  return /^[\0-\x7f]$/.test(character) || /^[\p{Lo}\p{Nd}]$/u.test(character);
}
