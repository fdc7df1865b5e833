import { parseExact, printExact } from "../../core/exact-json.ts";
import type { JsonRow } from "../../core/json-row.ts";
import { type TableSchema, tableName } from "../../core/schema.ts";
import { describeDifference, type FieldDifference } from "../../core/compare-documents.ts";
import type { HeldDocument } from "./read-document.ts";
import type { RowOutcome } from "./run-rule.ts";

/** A live row, what the rule makes of it, and how the index's document differs. */
export interface Sample {
  readonly schema: TableSchema;
  readonly row: JsonRow;
  readonly outcome: RowOutcome;
  /** Null where the row has no document, or the index was not asked. */
  readonly held: HeldDocument | null;
  readonly differences: readonly FieldDifference[];
}

/** A sample for people. */
export function describeSample({ schema, row, outcome, held, differences }: Sample): string {
  const width = Math.max(...schema.columns.map(({ name }) => name.length));
  const lines = [
    `row of ${tableName(schema)}`,
    ...schema.columns.map(({ name }, i) => `  ${name.padEnd(width)}  ${row[i] ?? "NULL"}`),
  ];
  if (outcome.kind === "none") lines.push("no document: the rule's conditions leave the row out");
  if (outcome.kind === "failed") lines.push(`failed: ${outcome.code}: ${outcome.message}`);
  if (outcome.kind === "document") {
    const { action } = outcome;
    const document = JSON.parse(action.document ?? "{}") as Readonly<Record<string, unknown>>;
    const exact = parseExact(action.document ?? "{}") as Readonly<Record<string, unknown>>;
    const names = Object.keys(document);
    const longest = Math.max(0, ...names.map((name) => name.length));
    lines.push(
      "document",
      ...names.map((name) => `  ${name.padEnd(longest)}  ${printExact(exact[name])}`),
      "bulk request (the version is the change's place in the log)",
      ...action.lines
        .trimEnd()
        .split("\n")
        .map((line) => `  ${line}`),
      describeHeld(held, differences, `${action.target.index}/${action.id}`),
    );
  }
  return `${lines.join("\n")}\n`;
}

/** A sample as JSON text: rows and documents keep all their digits. */
export function sampleJson({ schema, row, outcome, held, differences }: Sample): string {
  const columns = schema.columns.map(
    ({ name }, i) => `${JSON.stringify(name)}:${row[i] ?? "null"}`,
  );
  const members = [
    `"table":${JSON.stringify(tableName(schema))}`,
    `"row":{${columns.join(",")}}`,
    `"outcome":${JSON.stringify(outcome.kind)}`,
  ];
  if (outcome.kind === "failed")
    members.push(`"error":${JSON.stringify({ code: outcome.code, message: outcome.message })}`);
  if (outcome.kind === "document") {
    const { action } = outcome;
    const { target, id, routing } = action;
    members.push(
      `"place":${JSON.stringify({ index: target.index, id, routing })}`,
      `"document":${action.document ?? "null"}`,
      `"bulk":${JSON.stringify(action.lines.trimEnd().split("\n"))}`,
      `"index":${JSON.stringify(held?.kind ?? null)}`,
      `"differences":${JSON.stringify(differences)}`,
    );
  }
  return `{${members.join(",")}}`;
}

function describeHeld(
  held: HeldDocument | null,
  differences: readonly FieldDifference[],
  place: string,
): string {
  switch (held?.kind) {
    case undefined:
      return "the index was not asked";
    case "no index":
      return "the index does not exist yet";
    case "none":
      return `the index holds no document ${place}`;
    case "document": {
      if (differences.length === 0) return `the index holds the same document as ${place}`;
      const words = { expected: "by the rule", found: "in the index" };
      const lines = differences.map((each) => `  ${describeDifference(each, words)}`);
      return [`the index holds another document as ${place}`, ...lines].join("\n");
    }
  }
}
