import type { ChangeOrigin, SchemaChangeEvent, SchemaChangeType } from "../core/change-event.ts";
import type { GapScope } from "./gap-events.ts";
import {
  behindWait,
  type NamedTable,
  tableAt,
  tableList,
  type Token,
  tokenize,
  wordsOf,
} from "./sql-tokens.ts";

/** What a statement does to the definition of tables. */
export interface SchemaStatement {
  readonly type: SchemaChangeType;
  /** The tables that it names, the new name of a renamed one before the old. */
  readonly tables: readonly NamedTable[];
}

/** A statement of the log and the database that its names are of. */
export interface LoggedStatement {
  readonly statement: string;
  readonly database: string;
}

/** The notice of a statement that changes the definition of a captured table, or none: null. */
export function schemaChange(
  { statement, database }: LoggedStatement,
  origin: ChangeOrigin,
  scope: Pick<GapScope, "isCaptured" | "position" | "resumePosition">,
): SchemaChangeEvent | null {
  const change = schemaStatement(statement, database);
  const table = change?.tables.find((named) => scope.isCaptured(named.database, named.table));
  if (change === null || table === undefined) return null;
  const { versionHigh, versionLow } = scope.position;
  const { type } = change;
  const position = scope.resumePosition();
  return {
    kind: "schema",
    type,
    ...table,
    statement,
    position,
    versionHigh,
    versionLow,
    timestampMs: origin.timestampMs,
    commitTimeUs: origin.commitTimeUs,
    gtid: origin.gtid,
  };
}

/**
 * What a statement does to tables, by Canal's names: of an ALTER the first clause tells (`DruidDdlParser` of Canal). Null for one that defines no tables, or
 * temporary ones.
 */
export function schemaStatement(statement: string, database: string): SchemaStatement | null {
  const tokens = tokenize(statement);
  const word = wordsOf(tokens);
  const at = { tokens, word, database };
  switch (word(0)) {
    case "TRUNCATE":
      return listed("TRUNCATE", at, word(1) === "TABLE" ? 2 : 1);
    case "RENAME":
      return word(1) === "TABLE" || word(1) === "TABLES" ? renamed(at, behindIf(word, 2)) : null;
    case "CREATE":
      return created(at);
    case "DROP":
      if (word(1) === "TABLE" || word(1) === "TABLES")
        return listed("ERASE", at, behindIf(word, 2));
      return word(1) === "INDEX" ? onTable("DINDEX", at) : null;
    case "ALTER":
      return altered(at);
    default:
      return null;
  }
}

interface Place {
  readonly tokens: readonly Token[];
  readonly word: (n: number) => string;
  readonly database: string;
}

/** Past `IF EXISTS` or `IF NOT EXISTS` at token `i`. */
function behindIf(word: (n: number) => string, i: number): number {
  if (word(i) !== "IF") return i;
  return word(i + 1) === "NOT" ? i + 3 : i + 2;
}

function listed(type: SchemaChangeType, { tokens, database }: Place, i: number): SchemaStatement {
  return { type, tables: tableList(tokens, i, database) };
}

function renamed({ tokens, word, database }: Place, start: number): SchemaStatement {
  const tables: NamedTable[] = [];
  for (let i = start; i < tokens.length;) {
    const [from, next] = tableAt(tokens, i, database);
    const behind = behindWait(tokens, next);
    const [to, end] = tableAt(tokens, word(behind) === "TO" ? behind + 1 : behind, database);
    if (from === null || to === null) break;
    tables.push(to, from);
    i = tokens[end]?.text === "," ? end + 1 : tokens.length;
  }
  return { type: "RENAME", tables };
}

function created(at: Place): SchemaStatement | null {
  const { tokens, word, database } = at;
  const start = word(1) === "OR" && word(2) === "REPLACE" ? 3 : 1;
  if (word(start) === "TABLE") {
    const [table] = tableAt(tokens, behindIf(word, start + 1), database);
    return table === null ? null : { type: "CREATE", tables: [table] };
  }
  const kind = ["UNIQUE", "FULLTEXT", "SPATIAL"].includes(word(start)) ? start + 1 : start;
  return word(kind) === "INDEX" ? onTable("CINDEX", at) : null;
}

/** CREATE and DROP INDEX: the table stands behind the first ON. */
function onTable(
  type: SchemaChangeType,
  { tokens, word, database }: Place,
): SchemaStatement | null {
  const on = tokens.findIndex((_, i) => word(i) === "ON");
  const [table] = on < 0 ? [null] : tableAt(tokens, on + 1, database);
  return table === null ? null : { type, tables: [table] };
}

function altered({ tokens, word, database }: Place): SchemaStatement | null {
  let start = 1;
  while (["ONLINE", "OFFLINE", "IGNORE"].includes(word(start))) start += 1;
  if (word(start) !== "TABLE") return null;
  const [table, next] = tableAt(tokens, behindIf(word, start + 1), database);
  if (table === null) return null;
  const clause = behindWait(tokens, next);
  switch (word(clause)) {
    case "ADD":
      return { type: addsIndex(word, clause + 1) ? "CINDEX" : "ALTER", tables: [table] };
    case "DROP":
      return { type: isIndex(word(clause + 1)) ? "DINDEX" : "ALTER", tables: [table] };
    case "RENAME": {
      if (word(clause + 1) === "COLUMN" || isIndex(word(clause + 1))) break;
      const isTo = ["TO", "AS", "="].includes(word(clause + 1));
      const [to] = tableAt(tokens, isTo ? clause + 2 : clause + 1, database);
      if (to !== null) return { type: "RENAME", tables: [to, table] };
      break;
    }
    default:
  }
  return { type: "ALTER", tables: [table] };
}

function addsIndex(word: (n: number) => string, i: number): boolean {
  return isIndex(word(i)) || ["UNIQUE", "FULLTEXT", "SPATIAL"].includes(word(i));
}

function isIndex(word: string): boolean {
  return word === "INDEX" || word === "KEY";
}
