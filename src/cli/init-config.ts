import { parseServerUrl } from "../config/urls.ts";
import { TailraceError } from "../core/errors.ts";
import type { ProposedRule } from "./init-rules.ts";

/** A server's URL without its password, and the variable that is to hold it. */
export interface SecretUrl {
  /** The URL with `${env:NAME}` in place of the password. */
  readonly text: string;
  /** The environment variable to set; absent when the URL had no password. */
  readonly variable?: string;
}

/** What a configuration is written from. */
export interface ProposedConfig {
  readonly name: string;
  readonly source: SecretUrl;
  readonly sink: SecretUrl;
  /** Addresses of the Kafka brokers to put in between; absent = none. */
  readonly brokers?: readonly string[];
  readonly rules: readonly ProposedRule[];
}

/**
 * A URL with its password replaced by a reference to `variable`; with `needsPassword` also when it has none. Throws CONFIG_INVALID, naming
 * `option`.
 */
export function hidePassword(
  url: string,
  options: {
    readonly option: string;
    readonly schemes: readonly string[];
    readonly variable: string;
    readonly needsPassword?: boolean;
    readonly keepPath?: boolean;
  },
): SecretUrl {
  const parsed = parseServerUrl(url, { schemes: options.schemes, allowPath: true });
  if ("problem" in parsed) {
    throw new TailraceError("CONFIG_INVALID", `${options.option} ${parsed.problem}`);
  }
  // A database in a MySQL URL says nothing here: the rules name theirs.
  const [scheme, host] = parsed.origin.split(/(?<=:\/\/)/);
  const place = `${host}${options.keepPath === true ? parsed.path : ""}`;
  if (parsed.user === undefined) return { text: `${scheme}${place}` };
  const user = encodeURIComponent(parsed.user);
  if (parsed.password === undefined && options.needsPassword !== true) {
    return { text: `${scheme}${user}@${place}` };
  }
  const { variable } = options;
  return { text: `${scheme}${user}:\${env:${variable}}@${place}`, variable };
}

/** The configuration as commented TOML. A rule with an obstacle is commented out beneath the reason. */
export function writeConfig(config: ProposedConfig): string {
  const variables = requiredVariables(config);
  const plural = variables.length > 1 ? "s" : "";
  const toSet =
    variables.length === 0
      ? ""
      : `# Needs the environment variable${plural} ${variables.join(" and ")}.\n`;
  return `# Written by \`tailrace init\`; docs/configuration.md has every key.
${toSet}
name = ${toToml(config.name)}

[source]
url = ${toToml(config.source.text)}
# Without \`start\` the rows that are there are loaded first; changes are followed meanwhile.

[sink]
hosts = [${toToml(config.sink.text)}]
${config.brokers === undefined ? "" : writeKafka(config.brokers)}${config.rules.map(writeRule).join("")}`;
}

function writeKafka(brokers: readonly string[]): string {
  return `
# Kafka in between: \`tailrace run FILE --part capture\` in one place, \`tailrace run FILE --part sync\` in any number of places.
[kafka]
brokers = [${brokers.map(toToml).join(", ")}]
# One topic for all tables instead of one each:
# topic = ${toToml("shop")}
`;
}

/** The environment variables that the configuration refers to. */
export function requiredVariables(config: ProposedConfig): readonly string[] {
  return [config.source.variable, config.sink.variable].filter((name) => name !== undefined);
}

function writeRule(rule: ProposedRule): string {
  const [first] = rule.schemas;
  const tables =
    rule.schemas.length === 1
      ? ""
      : `${rule.schemas.length} tables, ${shorten(rule.schemas.map((schema) => schema.table))}; `;
  const key = first.primaryKey.map((column) => first.columns[column]?.name ?? "").join(", ");
  const large = first.columns.filter(
    (column) => column.type.kind === "binary" && column.type.large,
  );
  const lines = ["[[rules]]", `table = ${toToml(rule.table)}`, `index = ${toToml(rule.index)}`];
  const excluded = large.map(({ name }) => toToml(name)).join(", ");
  if (excluded !== "")
    lines.push(`# fields = { exclude = [${excluded}] } # would leave out what may be large`);
  if (rule.obstacle !== undefined) {
    return `\n${[`${tables}left out: ${rule.obstacle}`, ...lines].map(toComment).join("\n")}\n`;
  }
  const shared = rule.schemas.length === 1 ? "" : ", which must be unique across them";
  const summary = `${tables}${countColumns(first.columns.length)}, key: ${key}${shared}`;
  return `\n${[toComment(summary), ...lines].join("\n")}\n`;
}

function countColumns(count: number): string {
  return count === 1 ? "1 column" : `${count} columns`;
}

/** The first and the last of the names. */
function shorten(names: readonly string[]): string {
  return `${names[0] ?? ""} … ${names.at(-1) ?? ""}`;
}

function toComment(line: string): string {
  return `# ${line.replaceAll(/\p{Cc}/gu, " ")}`;
}

/** A TOML basic string: JSON's escapes are valid there; DEL must be escaped too. */
function toToml(text: string): string {
  return JSON.stringify(text).replaceAll("\u007f", "\\u007f");
}
