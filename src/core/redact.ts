/** The text with the password in every URL (`scheme://user:password@`) replaced by `***`. */
export function hideUrlPasswords(text: string): string {
  return text.replaceAll(/(:\/\/[^/\s:@"'`]*:)(?!\$\{)[^/\s"'`]*@/g, "$1***@");
}
