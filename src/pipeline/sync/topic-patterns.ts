/** Which of the topics that exist the configuration means: a name, or a pattern in which `*` stands for anything. */
export function matchTopics(wanted: readonly string[], existing: readonly string[]): string[] {
  const patterns = wanted.map(
    (pattern) => new RegExp(`^${pattern.split("*").map(escape).join(".*")}$`),
  );
  return existing.filter((name) => patterns.some((pattern) => pattern.test(name))).toSorted();
}

function escape(text: string): string {
  return text.replaceAll(/[.\\+?^$()[\]{}|]/g, String.raw`\$&`);
}
