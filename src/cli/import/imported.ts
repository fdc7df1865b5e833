import { RESERVED_WORDS } from "../../query/reserved-words.ts";

/** A value as it is written into TOML. */
export type TomlValue =
  | string
  | number
  | boolean
  | readonly TomlValue[]
  | { readonly [key: string]: TomlValue };

/** Something that another program was told and that means nothing here, or not the same. */
export interface ImportNote {
  /** Where it was read: `river.toml: bulk_size`, `es7/order.yml: esMapping.sql`. */
  readonly place: string;
  readonly message: string;
  /** What to do about it. */
  readonly remedy: string;
}

/** A rule made of another program's. */
export interface ImportedRule {
  /** Where it was read. */
  readonly place: string;
  /** Our keys, in their order in the file; `fields.rename` is a dotted key. */
  readonly keys: Readonly<Record<string, TomlValue>>;
  readonly notes: readonly ImportNote[];
  /** Set when the rule would not do what the other program did: it is written as a comment. */
  readonly obstacle?: Pick<ImportNote, "message" | "remedy"> | undefined;
}

/** Another program's configuration in our words. */
export interface ImportedConfig {
  /** What it was made of, for the first line. */
  readonly origin: string;
  readonly name: string;
  /** The other sections by name, in their order in the file. */
  readonly sections: Readonly<Record<string, Readonly<Record<string, TomlValue>>>>;
  readonly rules: readonly ImportedRule[];
  /** What belongs to no rule. */
  readonly notes: readonly ImportNote[];
  /** Environment variables that the configuration refers to. */
  readonly variables: readonly string[];
}

/** Everything that there is to say about the configuration, what hinders rules included. */
export function allNotes(config: ImportedConfig): readonly ImportNote[] {
  const ofRules = config.rules.flatMap(({ place, notes, obstacle }) =>
    obstacle === undefined ? notes : [{ place, ...obstacle }, ...notes],
  );
  return [...config.notes, ...ofRules];
}

/** What both importers name their secrets. */
export const VARIABLES = {
  mysql: "MYSQL_PASSWORD",
  elasticsearch: "ELASTICSEARCH_PASSWORD",
} as const;

/** Text as a pipeline's or a rule's name: lower-case letters, digits and hyphens. */
export function nameOf(text: string, fallback: string): string {
  const name = text
    .toLowerCase()
    .replaceAll(/[^a-z0-9_]+/g, "-")
    .replaceAll(/^[-_]+|[-_]+$/g, "")
    .slice(0, 60);
  return name === "" ? fallback : name;
}

/** The name, with a number when it is taken already; it then is. */
export function firstFree(name: string, taken: Set<string>): string {
  let free = name;
  for (let i = 2; taken.has(free); i += 1) free = `${name}-${i}`;
  taken.add(free);
  return free;
}

/** A name as `parseTablePattern` and SQL read it: in back-ticks where it must be. */
export function quoteName(name: string): string {
  return /^[0-9A-Za-z$_-]+$/.test(name) ? name : `\`${name.replaceAll("`", "``")}\``;
}

/** A column or an alias in SQL: in back-ticks where it must be. */
export function quoteColumn(name: string): string {
  const isPlain = /^[A-Za-z_][0-9A-Za-z_]*$/.test(name) && !RESERVED_WORDS.has(name.toLowerCase());
  return isPlain ? name : `\`${name.replaceAll("`", "``")}\``;
}

/** Text as a template has it: braces stand for themselves. */
export function templateText(text: string): string {
  return text.replaceAll(/[{}]/g, "$&$&");
}
