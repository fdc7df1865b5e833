import { parseTablePattern, patternsOverlap } from "../../core/table-pattern.ts";
import {
  firstFree,
  type ImportedRule,
  type ImportNote,
  nameOf,
  quoteColumn,
  templateText,
  type TomlValue,
} from "./imported.ts";
import type { River, RiverRule } from "./river-schema.ts";
import { isRiverWildcard, readRiverTable, takesTable } from "./river-tables.ts";

/** Why a rule whose table nothing is read from stands as a comment. */
const NO_SOURCE = {
  message: "its table is in no [[source]], which go-mysql-elasticsearch refuses.",
  remedy: "Take the comment signs away if it is wanted.",
} as const;

/**
 * The rules that go-mysql-elasticsearch would have (river.go, prepareRule): one for each table of a source, with the settings of the `[[rule]]` for it; a rule
 * whose table only a wildcard of a source takes stands for that table.
 */
export function importRiverRules(config: River, file: string): readonly ImportedRule[] {
  const taken = new Set<string>();
  const rules: ImportedRule[] = [];
  const used = new Set<RiverRule>();
  for (const { schema, tables } of config.source) {
    for (const table of new Set(tables)) {
      const rule = config.rule.findLast((each) => isSame(each, schema, table));
      if (rule !== undefined) used.add(rule);
      rules.push(importRule({ schema, table, rule, file, taken }));
    }
  }
  for (const rule of config.rule) {
    if (
      used.has(rule) ||
      config.rule.some(
        (other) => other !== rule && used.has(other) && isSame(other, rule.schema, rule.table),
      )
    )
      continue;
    const { schema, table } = rule;
    const isTaken = config.source.some(
      (source) =>
        source.schema.toLowerCase() === schema.toLowerCase() &&
        source.tables.some((each) => isRiverWildcard(each) && takesTable(each, table)),
    );
    const imported = importRule({ schema, table, rule, file, taken });
    rules.push(isTaken ? imported : { ...imported, obstacle: NO_SOURCE });
  }
  return withOverlaps(rules);
}

interface RuleSource {
  readonly schema: string;
  readonly table: string;
  readonly rule: RiverRule | undefined;
  readonly file: string;
  readonly taken: Set<string>;
}

function isSame(rule: RiverRule, schema: string, table: string): boolean {
  return `${rule.schema}:${rule.table}`.toLowerCase() === `${schema}:${table}`.toLowerCase();
}

function importRule(from: RuleSource): ImportedRule {
  const { schema, table, rule, file } = from;
  const place = `${file}: ${rule === undefined ? "source" : "rule"} ${schema}.${table}`;
  const read = readRiverTable(schema, table);
  const notes: ImportNote[] = [];
  const note = (message: string, remedy: string): void => {
    notes.push({ place, message, remedy });
  };
  const obstacle = findObstacle(read, rule);
  if ("isWider" in read && read.isWider)
    note(
      `${table} takes fewer tables than ${read.pattern}.`,
      "`tailrace check` says how many it takes.",
    );
  else if ("isWildcard" in read && read.isWildcard && table !== "*")
    note(
      `${table} was looked for anywhere in a table's name; ${read.pattern} is the whole name.`,
      "Put * where names go on.",
    );
  if (rule !== undefined) noteRule(rule, { isWildcard: isRiverWildcard(table), note });
  const index = (rule?.index || table).toLowerCase();
  const keys = {
    name: firstFree(ruleName(from, read), from.taken),
    table: "pattern" in read ? read.pattern : `${schema}.${table}`,
    index: templateText(index),
    ...(rule === undefined ? {} : ruleKeys(rule)),
  };
  return { place, keys, notes, obstacle };
}

/** The table's name; of a wildcard that of the pattern, with n for numbers. */
function ruleName({ schema, table }: RuleSource, read: ReturnType<typeof readRiverTable>): string {
  if (table === "*") return nameOf(schema, "rule");
  const pattern = "pattern" in read ? read.pattern.replace(/^.*?\./, "") : table;
  return nameOf(pattern.replaceAll(/#+/g, "n"), "rule");
}

function findObstacle(
  read: ReturnType<typeof readRiverTable>,
  rule: RiverRule | undefined,
): ImportedRule["obstacle"] {
  if ("problem" in read)
    return {
      message: `${read.problem}.`,
      remedy: "Write a rule for each table, or a pattern with * and #.",
    };
  if (read.isWildcard && !rule?.index)
    return {
      message: "each table went to an index of its own name.",
      remedy: "Give them one index, or write a rule for each: `tailrace init` proposes them.",
    };
  return undefined;
}

/** Our keys for a rule's settings (river/rule.go; sync.go for the meaning of fields). */
function ruleKeys(rule: RiverRule): Readonly<Record<string, TomlValue>> {
  const rename: Record<string, string> = {};
  const types: Record<string, string> = {};
  for (const [column, text] of Object.entries(rule.field)) {
    const { field, type } = readField(column, text);
    if (field !== column) rename[column] = field;
    if (type !== null) types[column] = type;
  }
  return {
    ...(rule.id?.length ? { id: rule.id } : {}),
    ...(rule.parent === "" ? {} : { routing: `{${quoteColumn(rule.parent)}}` }),
    ...(rule.pipeline === "" ? {} : { pipeline: rule.pipeline }),
    ...(rule.filter?.length ? { "fields.include": rule.filter } : {}),
    ...(Object.keys(rename).length > 0 ? { "fields.rename": rename } : {}),
    ...(Object.keys(types).length > 0 ? { "fields.types": types } : {}),
  };
}

/** `name,list`: only exactly two parts have a type, and only these two mean something. */
function readField(
  column: string,
  text: string,
): { readonly field: string; readonly type: "list" | "date" | null } {
  const parts = text.split(",");
  const type = parts.length === 2 ? parts[1] : undefined;
  return { field: parts[0] || column, type: type === "list" || type === "date" ? type : null };
}

function noteRule(
  rule: RiverRule,
  {
    isWildcard,
    note,
  }: { readonly isWildcard: boolean; readonly note: (message: string, remedy: string) => void },
): void {
  if (rule.parent !== "")
    note(
      `parent = "${rule.parent}" became the routing.`,
      "Since Elasticsearch 6 the relation itself is a field of type join, which the document must have: add it as docs/rules.md shows.",
    );
  if (isWildcard && (rule.filter !== undefined || rule.pipeline !== ""))
    note(
      "go-mysql-elasticsearch ignored filter and pipeline of wildcard tables (river.go).",
      "Here they hold; take them out if documents should stay as they were.",
    );
  if (rule.filter?.length === 0)
    note(
      "an empty filter made documents without fields.",
      "It was left out: all columns are fields.",
    );
  for (const [column, text] of Object.entries(rule.field)) {
    const { type } = readField(column, text);
    if (type === "date")
      note(
        `${column}: seconds since 1970 became a time in the machine's zone.`,
        "It is in UTC now, which is the same moment.",
      );
    if (type === null && text.includes(",") && !text.endsWith(","))
      note(`${column} = "${text}": the part behind the comma meant nothing.`, "It was left out.");
  }
}

/** go-mysql-elasticsearch had one rule for a table, the one for its name before that of a wildcard; here every rule that takes a table holds. */
function withOverlaps(rules: readonly ImportedRule[]): readonly ImportedRule[] {
  const active = rules.filter((rule) => rule.obstacle === undefined);
  const patterns = active.map(({ keys: { table } }) =>
    typeof table === "string" ? parseTablePattern(table) : null,
  );
  return rules.map((rule) => {
    const at = active.indexOf(rule);
    const pattern = patterns[at];
    if (!pattern || pattern.exact) return rule;
    const other = patterns.find((each, i) => i !== at && each && patternsOverlap(each, pattern));
    if (!other) return rule;
    const note = {
      place: rule.place,
      message: `${other.text} is taken by a rule of its own, and by this one too.`,
      remedy: "Make the pattern narrower, or its documents are written twice.",
    };
    return { ...rule, notes: [...rule.notes, note] };
  });
}
