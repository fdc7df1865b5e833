/** The text with these values in it replaced by `***`. */
export function hideValues(text: string, values: readonly string[] = []): string {
  // the longest first: one may be part of another
  const sorted = values.filter((value) => value !== "").toSorted((a, b) => b.length - a.length);
  return sorted.reduce((hidden, value) => hidden.replaceAll(value, "***"), text);
}

/** The text with the password in every URL (`scheme://user:password@`) replaced by `***`. */
export function hideUrlPasswords(text: string): string {
  return text.replaceAll(/(:\/\/[^/\s:@"'`]*:)(?!\$\{)[^/\s"'`]*@/g, "$1***@");
}
