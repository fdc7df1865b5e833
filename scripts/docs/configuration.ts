import { configJsonSchema, type JsonSchema } from "../../src/config/known-keys.ts";
import { readSections, type Key, type Section } from "./sections.ts";
import { escapeCell, toToml } from "./text.ts";

const INTRODUCTION = `# Configuration

One file describes one pipeline, or with \`[kafka]\` the two halves of one: TOML (\`.toml\`) or JSON (\`.json\`, the same keys). \`tailrace init\` writes a first one,
\`tailrace check\` tests it against the servers, \`tailrace config show\` prints it with all defaults. Editors that know JSON Schema
can use [config.schema.json](config.schema.json).

- **Secrets** stay outside: \`\${env:NAME}\` in any string is replaced by the environment variable, \`\${file:PATH}\` by the file's content
  without its last line end. In the user and password of a URL the value may hold any character. \`$\${\` stands for \`\${\` itself.
- **Durations** have a unit: \`200ms\`, \`5s\`, \`1.5m\`, \`2h\`, \`1d\`. **Sizes** may have one: \`4MiB\`, \`64KiB\`, \`10MB\`; a number is bytes.
- **Times** have a zone: \`2026-11-23T10:00:00Z\`, with or without quotes.
- **Paths** are relative to the configuration file.
- **Problems** are told all at once, each with its place; unknown keys are problems. The exit code is then 2.
`;

/** `docs/configuration.md`: every section as a table, then a full example. */
export function configurationPage(): string {
  const sections = readSections(configJsonSchema());
  return `${INTRODUCTION}
${sections.map(sectionText).join("\n")}
## Full example

Every key, with its default or an example; what may be left out and has no default is commented out (without a space).

\`\`\`toml
${exampleConfig()}\`\`\`
`;
}

/** A configuration with every key, commented; what is optional and has no default is commented out. It loads as it stands. */
export function exampleConfig(): string {
  return readSections(configJsonSchema()).map(sectionExample).join("\n");
}

function sectionText(section: Section): string {
  const rows = section.keys.map(({ name, schema, isRequired }) => {
    const standard =
      schema.default === undefined
        ? isRequired
          ? "required"
          : ""
        : `\`${toToml(schema.default)}\``;
    const cells = [`\`${name}\``, typeText(schema), standard, schema.description ?? ""];
    return `| ${cells.map(escapeCell).join(" | ")} |`;
  });
  const about = section.description === "" ? "" : `${section.description}\n\n`;
  return `## ${section.title}

${about}| Key | Type | Default | Meaning |
| --- | --- | --- | --- |
${rows.join("\n")}
`;
}

/** A key's type in words. */
function typeText(schema: JsonSchema): string {
  if (schema.title !== undefined) return schema.title;
  const choices = schema.enum ?? (schema.const === undefined ? null : [schema.const]);
  if (choices !== null)
    return choices.map((choice) => `\`${JSON.stringify(choice)}\``).join(" or ");
  const variants = schema.anyOf ?? schema.oneOf;
  if (variants !== undefined) return variants.map(typeText).join(" or ");
  switch (schema.type) {
    case "integer":
      return `number, ${schema.minimum} to ${schema.maximum}`;
    case "boolean":
      return "`true` or `false`";
    case "array":
      return `array of ${schema.items?.title ?? "string"}s`;
    default:
      return schema.type ?? "";
  }
}

function sectionExample(section: Section): string {
  const header = section.header === "" ? [] : [`${section.isOptional ? "#" : ""}${section.header}`];
  const about = section.description === "" ? [] : comment(section.description);
  const lines = section.keys.flatMap((key) => keyExample(key, section.isOptional));
  return `${[...about, ...header, ...lines].join("\n")}\n`;
}

function keyExample({ name, schema, isRequired, isPreferred }: Key, inComment: boolean): string[] {
  const value = schema.default ?? schema.examples?.[0] ?? schema.const ?? "";
  const isGiven = isRequired || isPreferred || schema.default !== undefined;
  return [
    ...comment(schema.description ?? ""),
    `${isGiven && !inComment ? "" : "#"}${name} = ${toToml(value)}`,
  ];
}

/** The text as comment lines of at most 100 characters, without Markdown's code marks. */
function comment(text: string): string[] {
  const lines = [""];
  for (const word of text.replaceAll("`", "").split(" ")) {
    const line = lines.at(-1) ?? "";
    if (line.length + word.length > 97) lines.push(word);
    else lines[lines.length - 1] = `${line} ${word}`.trimStart();
  }
  return lines.map((line) => `# ${line}`);
}
