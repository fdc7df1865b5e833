import {
  behindWait,
  tableAt,
  tableList,
  tokenize,
  type NamedTable,
  type Token,
  wordsOf,
} from "./sql-tokens.ts";

/** What a statement in the log means for us. */
export type Statement =
  | { readonly kind: "begin" }
  | { readonly kind: "commit" }
  | { readonly kind: "rollback" }
  /** SAVEPOINT and the like: nothing, and not the end of the transaction. */
  | { readonly kind: "inside" }
  | { readonly kind: "xa-start" }
  | { readonly kind: "xa-end" }
  | { readonly kind: "xa-commit" | "xa-rollback"; readonly xid: string }
  /** Changes rows without row events; `tables` are all that it names. */
  | { readonly kind: "dml"; readonly tables: readonly NamedTable[] }
  /** ALTER TABLE that moves rows in or out as a whole: EXCHANGE and CONVERT PARTITION, IMPORT and DISCARD TABLESPACE. */
  | { readonly kind: "exchange"; readonly tables: readonly NamedTable[] }
  /** ALTER TABLE that changes the primary key. */
  | { readonly kind: "key"; readonly tables: readonly NamedTable[] }
  /** TRUNCATE, DROP TABLE, CREATE OR REPLACE TABLE, DROP or TRUNCATE PARTITION. */
  | { readonly kind: "clear"; readonly tables: readonly NamedTable[]; readonly whole: boolean }
  | { readonly kind: "drop-database"; readonly database: string }
  | {
      readonly kind: "rename";
      readonly pairs: readonly { readonly from: NamedTable; readonly to: NamedTable }[];
    }
  /** CREATE TABLE … START TRANSACTION: rows of a CREATE … SELECT follow. */
  | { readonly kind: "create-select" }
  /** Any other statement: DDL that the next TABLE_MAP will show, users, grants. */
  | { readonly kind: "other" };

const BEGIN: Statement = { kind: "begin" };

/**
 * Classifies a statement of the log. It is no SQL parser: it knows the statements that end transactions, clear or rename tables, or change rows;
 * table definitions come from TABLE_MAP events, so that no DDL need be understood for them.
 */
export function classifyStatement(statement: string, database: string): Statement {
  // Before every transaction's rows, in just this form.
  if (statement === "BEGIN") return BEGIN;
  const tokens = tokenize(statement);
  const word = wordsOf(tokens);
  switch (word(0)) {
    case "BEGIN":
      return BEGIN;
    case "START":
      return word(1) === "TRANSACTION" ? BEGIN : { kind: "other" };
    case "COMMIT":
      return { kind: "commit" };
    case "ROLLBACK":
      return word(1) === "TO" || word(2) === "TO" ? { kind: "inside" } : { kind: "rollback" };
    case "SAVEPOINT":
    case "RELEASE":
      return { kind: "inside" };
    case "XA":
      return classifyXa(word(1), statement);
    case "INSERT":
    case "REPLACE":
    case "UPDATE":
    case "DELETE":
    case "LOAD":
    case "WITH":
      return { kind: "dml", tables: namedTables(tokens, database) };
    case "TRUNCATE":
      return {
        kind: "clear",
        whole: true,
        tables: tableList(tokens, word(1) === "TABLE" ? 2 : 1, database),
      };
    case "DROP":
      return classifyDrop(tokens, word, database);
    case "RENAME":
      return word(1) === "TABLE" || word(1) === "TABLES"
        ? { kind: "rename", pairs: renamePairs(tokens, word(2) === "IF" ? 4 : 2, database) }
        : { kind: "other" };
    case "ALTER":
      return classifyAlter(tokens, word, database);
    case "CREATE":
      return classifyCreate(tokens, word, database);
    default:
      return { kind: "other" };
  }
}

function classifyXa(verb: string, statement: string): Statement {
  if (verb === "START" || verb === "BEGIN") return { kind: "xa-start" };
  if (verb === "END" || verb === "PREPARE") return { kind: "xa-end" };
  const xid = /^\s*XA\s+\w+\s+(.*?)(\s+ONE\s+PHASE)?\s*$/is.exec(statement)?.[1] ?? "";
  return { kind: verb === "COMMIT" ? "xa-commit" : "xa-rollback", xid: canonicalXid(xid) };
}

/** `X'6162',X'',1` as the server logs it, in one form: lower-case hex parts and format. */
export function canonicalXid(text: string): string {
  const match = /^X'([0-9a-f]*)',X'([0-9a-f]*)',(\d+)$/i.exec(text.trim());
  return match === null
    ? text.trim()
    : `${match[1]!.toLowerCase()},${match[2]!.toLowerCase()},${match[3]}`;
}

function classifyDrop(
  tokens: readonly Token[],
  word: (n: number) => string,
  database: string,
): Statement {
  if (word(1) === "DATABASE" || word(1) === "SCHEMA") {
    const name = tokens[word(2) === "IF" ? 4 : 2];
    return name === undefined ? { kind: "other" } : { kind: "drop-database", database: name.text };
  }
  if (word(1) !== "TABLE" && word(1) !== "TABLES") return { kind: "other" };
  return {
    kind: "clear",
    whole: true,
    tables: tableList(tokens, word(2) === "IF" ? 4 : 2, database),
  };
}

/** A table with rows from the start: row events follow in a transaction, or none do when the statement itself is logged. */
function classifyCreate(
  tokens: readonly Token[],
  word: (n: number) => string,
  database: string,
): Statement {
  const replaces = word(1) === "OR" && word(2) === "REPLACE";
  const start = replaces ? 3 : 1;
  if (word(start) !== "TABLE") return { kind: "other" };
  if (word(tokens.length - 2) === "START" && word(tokens.length - 1) === "TRANSACTION")
    return { kind: "create-select" };
  const [table] = tableAt(tokens, word(start + 1) === "IF" ? start + 4 : start + 1, database);
  if (table === null) return { kind: "other" };
  if (tokens.some((_, i) => word(i) === "SELECT")) return { kind: "dml", tables: [table] };
  return replaces ? { kind: "clear", whole: true, tables: [table] } : { kind: "other" };
}

function classifyAlter(
  tokens: readonly Token[],
  word: (n: number) => string,
  database: string,
): Statement {
  let start = 1;
  while (["ONLINE", "OFFLINE", "IGNORE"].includes(word(start))) start += 1;
  if (word(start) !== "TABLE") return { kind: "other" };
  start += word(start + 1) === "IF" ? 3 : 1;
  const [table, afterTable] = tableAt(tokens, start, database);
  if (table === null) return { kind: "other" };
  const next = behindWait(tokens, afterTable);
  const tables = [table];
  switch (word(next)) {
    case "DROP":
    case "TRUNCATE":
      if (word(next + 1) === "PARTITION") return { kind: "clear", whole: false, tables };
      break;
    case "EXCHANGE":
    case "CONVERT":
      // … PARTITION p WITH TABLE t, … PARTITION p TO TABLE t, … TABLE t TO PARTITION p
      if (word(next + 1) !== "PARTITION" && word(next + 1) !== "TABLE") break;
      for (let i = next; i < tokens.length; i++) {
        const [other] = word(i) === "TABLE" ? tableAt(tokens, i + 1, database) : [null];
        if (other !== null) tables.push(other);
      }
      return { kind: "exchange", tables };
    case "IMPORT":
    case "DISCARD":
      return { kind: "exchange", tables };
    default:
  }
  for (let i = next; i < tokens.length; i++) {
    const previous = i === next ? "," : tokens[i - 1]!.text;
    if (word(i) !== "RENAME" || previous !== ",") continue;
    if (["COLUMN", "INDEX", "KEY"].includes(word(i + 1))) continue;
    const [to] = tableAt(
      tokens,
      word(i + 1) === "TO" || word(i + 1) === "AS" || word(i + 1) === "=" ? i + 2 : i + 1,
      database,
    );
    if (to !== null) return { kind: "rename", pairs: [{ from: table, to }] };
  }
  const hasKey = tokens.some((_, i) => i >= next && word(i) === "PRIMARY" && word(i + 1) === "KEY");
  return hasKey ? { kind: "key", tables } : { kind: "other" };
}

function renamePairs(
  tokens: readonly Token[],
  start: number,
  database: string,
): { from: NamedTable; to: NamedTable }[] {
  const pairs: { from: NamedTable; to: NamedTable }[] = [];
  for (let i = start; i < tokens.length;) {
    const [from, next] = tableAt(tokens, i, database);
    const afterFrom = behindWait(tokens, next);
    const isTo = tokens[afterFrom]?.text.toUpperCase() === "TO";
    const [to, afterTo] = tableAt(tokens, isTo ? afterFrom + 1 : afterFrom, database);
    if (from === null || to === null) break;
    pairs.push({ from, to });
    i = tokens[afterTo]?.text === "," ? afterTo + 1 : tokens.length;
  }
  return pairs;
}

/** A table's name follows. */
const BEFORE_TABLE: ReadonlySet<string> = new Set([
  "INSERT",
  "REPLACE",
  "UPDATE",
  "DELETE",
  "INTO",
  "FROM",
  "JOIN",
  "TABLE",
  "USING",
]);
/** May stand between such a word and the name. */
const MODIFIERS: ReadonlySet<string> = new Set([
  "LOW_PRIORITY",
  "HIGH_PRIORITY",
  "DELAYED",
  "QUICK",
  "IGNORE",
  "ONLY",
  "(",
]);
/** Ends a list of tables. */
const AFTER_TABLES: ReadonlySet<string> = new Set([
  "SET",
  "VALUES",
  "VALUE",
  "SELECT",
  "WHERE",
  "ON",
  "PARTITION",
  "(",
  ")",
]);

/** The tables that a statement names, those that it only reads included. */
function namedTables(tokens: readonly Token[], database: string): NamedTable[] {
  const tables: NamedTable[] = [];
  let isExpected = false;
  let isInList = false;
  for (let i = 0; i < tokens.length;) {
    const word = tokens[i]!.quoted ? "" : tokens[i]!.text.toUpperCase();
    if (BEFORE_TABLE.has(word)) {
      isExpected = true;
    } else if (isExpected && !MODIFIERS.has(word)) {
      const [table, next] = tableAt(tokens, i, database);
      if (table !== null && !AFTER_TABLES.has(word)) tables.push(table);
      isExpected = false;
      isInList = true;
      i = Math.max(next, i + 1);
      continue;
    } else if (AFTER_TABLES.has(word)) {
      isInList = false;
    } else if (word === "," && isInList) {
      isExpected = true;
    }
    i += 1;
  }
  return tables;
}
