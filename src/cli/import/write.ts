import type { ImportedConfig, ImportedRule, ImportNote, TomlValue } from "./imported.ts";

/** Lines of comments are broken before this column. */
const WIDTH = 118;

/** The configuration as commented TOML: a rule with an obstacle is commented out beneath the reason. */
export function writeImported(config: ImportedConfig): string {
  const { variables } = config;
  const plural = variables.length > 1 ? "s" : "";
  const head = [
    ...comment(
      `Written by \`tailrace import\` from ${config.origin}; docs/configuration.md has every key.`,
    ),
    ...(variables.length === 0
      ? []
      : comment(`Needs the environment variable${plural} ${variables.join(" and ")}.`)),
    "",
    `name = ${toToml(config.name)}`,
  ];
  const sections = Object.entries(config.sections).flatMap(([name, keys]) => [
    "",
    `[${name}]`,
    ...writeKeys(keys),
  ]);
  const rules = config.rules.flatMap((rule) => ["", ...writeRule(rule)]);
  return `${[...head, ...sections, ...rules].join("\n")}\n`;
}

/** The notes for people, one paragraph each. */
export function describeNotes(notes: readonly ImportNote[]): string {
  return notes.map(({ place, message, remedy }) => `${place}: ${message}\n  ${remedy}\n`).join("");
}

function writeRule(rule: ImportedRule): readonly string[] {
  const lines = ["[[rules]]", ...writeKeys(rule.keys).map(escapeReferences)];
  return [
    ...comment(`From ${rule.place}.`),
    ...rule.notes.flatMap((note) => comment(noteText(note, rule))),
    ...(rule.obstacle === undefined
      ? lines
      : [
          ...comment(`Left out: ${rule.obstacle.message} ${rule.obstacle.remedy}`),
          ...lines.map((line) => `# ${line}`.trimEnd()),
        ]),
  ];
}

/** A note beneath the rule's place: of its own place the key alone, if that is another. */
function noteText({ place, message, remedy }: ImportNote, rule: ImportedRule): string {
  const key = place === rule.place ? "" : `${place.replace(/^[^:]*: /, "")}: `;
  return `${key}${message} ${remedy}`;
}

function writeKeys(keys: Readonly<Record<string, TomlValue>>): readonly string[] {
  return Object.entries(keys).flatMap(([key, value]) => `${key} = ${toToml(value)}`.split("\n"));
}

/** What another program's rules say holds no reference of ours: `$${` stands for `${` itself. */
function escapeReferences(line: string): string {
  return line.replaceAll("${", "$$$${");
}

/** A value in TOML; text of several lines as a literal block. */
function toToml(value: TomlValue): string {
  if (typeof value === "string") {
    const isBlock = value.includes("\n") && !/'''|[^\P{Cc}\n]/u.test(value);
    // JSON's escapes are valid in a basic string; DEL must be escaped too
    return isBlock ? `'''\n${value}'''` : JSON.stringify(value).replaceAll("\u007f", "\\u007f");
  }
  if (typeof value === "number" || typeof value === "boolean") return `${value}`;
  if (Array.isArray(value)) return `[${value.map(toToml).join(", ")}]`;
  const pairs = Object.entries(value).map(([key, inner]) => `${tomlKey(key)} = ${toToml(inner)}`);
  return pairs.length === 0 ? "{}" : `{ ${pairs.join(", ")} }`;
}

function tomlKey(key: string): string {
  return /^[0-9A-Za-z_-]+$/.test(key) ? key : JSON.stringify(key);
}

/** The text as lines of comments. */
function comment(text: string): readonly string[] {
  const lines: string[] = [];
  let line = "#";
  for (const word of text.replaceAll(/\p{Cc}/gu, " ").split(" ")) {
    if (line.length + word.length >= WIDTH && line !== "#") {
      lines.push(line);
      line = "#";
    }
    line += ` ${word}`;
  }
  return [...lines, line];
}
