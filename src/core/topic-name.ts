import type { TablePattern } from "./table-pattern.ts";

/** No topic name is longer (org.apache.kafka.common.internals.Topic). */
const MAX_LENGTH = 249;

/** The topic of a table by a template: `{database}` and `{table}` are filled in; characters that no topic may have become `_`. */
export function topicName(
  template: string,
  table: { readonly database: string; readonly table: string },
): string {
  return template
    .replaceAll(/\{(database|table)\}/g, (_, key: "database" | "table") => toTopic(table[key]))
    .slice(0, MAX_LENGTH);
}

/** The topics of the tables that a pattern takes: a name, or a pattern in which `*` stands for any characters. */
export function topicPattern(template: string, pattern: TablePattern): string {
  return template
    .replaceAll(/\{(database|table)\}/g, (_, key: "database" | "table") =>
      pattern[key]
        .map(({ accepts }) => (typeof accepts === "object" ? toTopic(accepts.character) : "*"))
        .join(""),
    )
    .replaceAll(/\*+/g, "*");
}

function toTopic(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9._-]/gu, "_");
}
