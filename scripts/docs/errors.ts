import { ERROR_TABLE, type Disposition } from "../../src/core/error-codes.ts";
import { escapeCell } from "./text.ts";

const INTRODUCTION = `# Errors

Every error that tailrace reports has one of these codes; codes are stable. What happens then:

- **retry**: the same step is repeated with growing pauses, for ever but visibly; it mends itself once the cause is gone.
- **reject**: this row or document is stored as a dead letter with the reason, and the pipeline goes on (or stops, by \`on_reject\`).
- **fatal**: the pipeline stops and needs a person. The exit code is 2 for \`CONFIG_\`, \`RULE_\` and \`SOURCE_UNSUITABLE\`, else 1.
`;

/** What the part of a code before the first underscore stands for. */
const GROUPS: Readonly<Record<string, string>> = {
  CONFIG: "Configuration",
  SOURCE: "The MySQL server",
  BINLOG: "The binary log",
  SCHEMA: "Table definitions",
  SNAPSHOT: "Loading tables",
  KAFKA: "Kafka",
  RULE: "Rules",
  BULK: "Elasticsearch",
  DOCUMENT: "Documents",
  STATE: "Checkpoints and dead letters",
  INVARIANT: "Bugs",
};

/** `docs/errors.md`: the table of codes, by group. */
export function errorsPage(): string {
  const entries: readonly (readonly [string, ErrorRow])[] = Object.entries(ERROR_TABLE);
  const groups = Map.groupBy(entries, ([code]) => code.slice(0, code.indexOf("_")));
  const sections = [...groups].map(([group, rows]) => {
    const lines = rows.map(([code, { disposition, summary, remedy }]) => {
      const cells = [`<a id="${code}"></a>\`${code}\``, disposition, summary, remedy];
      return `| ${cells.map(escapeCell).join(" | ")} |`;
    });
    return `## ${GROUPS[group] ?? group}

| Code | What happens | What went wrong | What to do |
| --- | --- | --- | --- |
${lines.join("\n")}
`;
  });
  return `${INTRODUCTION}\n${sections.join("\n")}`;
}

interface ErrorRow {
  readonly disposition: Disposition;
  readonly summary: string;
  readonly remedy: string;
}
