import { describeIndexNameProblem } from "../config/schema-values.ts";
import { asTailraceError } from "../core/errors.ts";
import type { TableSchema } from "../core/schema.ts";
import { parseTablePattern } from "../core/table-pattern.ts";
import { parseRule } from "../query/rule.ts";
import { planDocument } from "../rules/plan.ts";

/** A rule that `init` proposes for a table, or for tables that differ only in the numbers in their names. */
export interface ProposedRule {
  /** Table or pattern, as a rule takes it. */
  readonly table: string;
  readonly index: string;
  /** The tables found that the rule takes, in order. */
  readonly schemas: readonly [TableSchema, ...TableSchema[]];
  /** Why the rule would not work as it stands; absent when it would. */
  readonly obstacle?: string;
}

/**
 * Proposes a rule for each table. Tables of one database whose names differ in numbers only and whose columns and keys agree (shards)
 * share a rule and an index. Indices are named after the tables; databases come into the name only where two would meet.
 */
export function proposeRules(schemas: readonly TableSchema[]): readonly ProposedRule[] {
  const groups = groupShards(schemas);
  const taken = new Set<string>();
  const plainNames = groups.map(([first, ...others]) => indexName(templateOf(first, others)));
  return groups.map((group, i) => {
    const [first, ...others] = group;
    const plain = plainNames[i] ?? "";
    const isAmbiguous = groups.some(
      ([other], j) => plainNames[j] === plain && other.database !== first.database,
    );
    const wanted = isAmbiguous
      ? indexName(`${first.database}-${templateOf(first, others)}`)
      : plain;
    const index = firstFree(wanted, taken);
    taken.add(index);
    const obstacle = findObstacle(first, index);
    return {
      table: parseTablePattern(`${quote(first.database)}.${tablePart(first, others)}`).text,
      index,
      schemas: group,
      ...(obstacle === null ? {} : { obstacle }),
    };
  });
}

type Shards = readonly [TableSchema, ...TableSchema[]];

function groupShards(schemas: readonly TableSchema[]): readonly Shards[] {
  const byTemplate = Map.groupBy(schemas, (schema) =>
    JSON.stringify([schema.database, numbersBlurred(schema.table)]),
  );
  return [...byTemplate.values()].flatMap((group): readonly Shards[] => {
    const [first, ...others] = group;
    if (first === undefined) return [];
    const agree = others.every((other) => shapeOf(other) === shapeOf(first));
    return agree ? [[first, ...others]] : group.map((schema): Shards => [schema]);
  });
}

/** What must be equal for tables to share a rule. */
function shapeOf(schema: TableSchema): string {
  return JSON.stringify([schema.columns, schema.primaryKey]);
}

/** The table's name, with `#` for the numbers when others share the rule. `#` itself cannot be told apart then: such names stay alone. */
function templateOf(first: TableSchema, others: readonly TableSchema[]): string {
  return others.length === 0 ? first.table : numbersBlurred(first.table);
}

/** The rule's pattern for the table's name. */
function tablePart(first: TableSchema, others: readonly TableSchema[]): string {
  if (others.length === 0) return quote(first.table);
  return templateOf(first, others).split("#").map(quote).join("#");
}

function numbersBlurred(name: string): string {
  return name.includes("#") ? name : name.replaceAll(/\d+/g, "#");
}

function quote(name: string): string {
  return name === "" ? "" : `\`${name.replaceAll("`", "``")}\``;
}

/** A valid index name that resembles the template. */
function indexName(template: string): string {
  const name = template
    .toLowerCase()
    .replaceAll(/[_-]?#/g, "")
    .replaceAll(/[\\/*?"<>| ,#:\s]/g, "_")
    .replace(/^[-_+.]+/, "");
  return describeIndexNameProblem(name) === null && name !== "" ? name : "table";
}

function firstFree(name: string, taken: ReadonlySet<string>): string {
  let free = name;
  for (let i = 2; taken.has(free); i += 1) free = `${name}-${i}`;
  return free;
}

/** Why the rule of a table would not compile, or null. */
function findObstacle(schema: TableSchema, index: string): string | null {
  try {
    const as = { decimals: "auto", upsert: false, onDelete: "delete" } as const;
    planDocument(parseRule({ name: index, table: "*.*", index, ...as }), schema);
    return null;
  } catch (error) {
    const known = asTailraceError(error);
    // The message begins with the table and the index, which stand beside it already.
    return `${known.message.replace(/^[^]*? → [^:]*: /, "")} ${known.remedy}`;
  }
}
