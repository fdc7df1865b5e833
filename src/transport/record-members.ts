import { createJsonMembers, type JsonMembers } from "./json-members.ts";
import { Ascii, RecordFault } from "./json-scanner.ts";
import { contentText } from "./read-text.ts";

/** Members of records, in whatever format, that mean something. */
const RECORD_MEMBERS = [
  // Canal, Maxwell
  "data",
  "old",
  "database",
  "table",
  "type",
  "ts",
  "sql",
  // Canal
  "isDdl",
  "mysqlType",
  "sqlType",
  "pkNames",
  "es",
  "gtid",
  // Maxwell
  "primary_key_columns",
  "xid",
  "def",
  // Debezium
  "schema",
  "payload",
  "before",
  "after",
  "source",
  "op",
  "ts_ms",
  "ddl",
  "tableChanges",
  "status",
  "event_count",
] as const;

/** One of {@link RECORD_MEMBERS}. */
export type RecordMember = (typeof RECORD_MEMBERS)[number];

/** A reader of records' members. */
export function createRecordMembers(): JsonMembers<RecordMember> {
  return createJsonMembers(RECORD_MEMBERS, { repeated: ["mysqlType", "sqlType", "schema"] });
}

/** The member's text, `""` when there is none. */
export function memberText<Name extends string>(
  b: Buffer,
  members: JsonMembers<Name>,
  name: Name,
): string {
  const start = members.start(name);
  return start < 0 ? "" : contentText(b, start, members.end(name));
}

/** The member's number, 0 when it is none. */
export function memberNumber<Name extends string>(
  b: Buffer,
  members: JsonMembers<Name>,
  name: Name,
): number {
  const start = members.start(name);
  if (start < 0) return 0;
  const end = members.end(name);
  let number = 0;
  for (let p = start; p < end; p++) {
    const digit = b[p]! - Ascii.ZERO;
    if (digit < 0 || digit > 9) return finite(Number(contentText(b, start, end)));
    number = number * 10 + digit;
  }
  return number;
}

/** Is the member's text, or its literal, just this? */
export function memberIs<Name extends string>(
  b: Buffer,
  members: JsonMembers<Name>,
  name: Name,
  text: string,
): boolean {
  return memberText(b, members, name) === text;
}

function finite(number: number): number {
  return Number.isFinite(number) ? number : 0;
}

/** The table that a record names. Throws a RecordFault when it names none. */
export function tableNameOf(
  b: Buffer,
  members: JsonMembers<RecordMember>,
): { readonly database: string; readonly table: string } {
  const database = memberText(b, members, "database");
  const table = memberText(b, members, "table");
  if (database === "" || table === "") throw new RecordFault("it names no database and table");
  return { database, table };
}
