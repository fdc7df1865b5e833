import type { ChangeEvent } from "../../core/change-event.ts";
import { TailraceError } from "../../core/errors.ts";
import type { Windows, WindowScope } from "./windows.ts";

/**
 * Ends the windows whose chunks an event of the stream has made worthless, for it did to rows or to their definition what no document tells: another definition, a table that was emptied,
 * exchanged or renamed. Their chunks are read again.
 */
export function loseWindows(event: ChangeEvent, windows: Windows): void {
  if (!windows.isAnyOpen) return;
  if (event.kind === "schema" && event.type !== "CREATE") {
    // a rename names several tables, and one that it leaves may be named by the event
    const isMeant = event.type === "RENAME" ? () => true : isTable(event);
    windows.lose(overtaken(event, event.type), isMeant);
  }
  if (event.kind === "gap" && ENDS_CHUNKS.has(event.code))
    windows.lose(overtaken(event, event.code), isTable(event));
}

const ENDS_CHUNKS: ReadonlySet<string> = new Set([
  "SCHEMA_TABLE_CLEARED",
  "SCHEMA_TABLE_REPLACED",
  "SCHEMA_KEY_CHANGED",
]);

function isTable(event: {
  readonly database: string;
  readonly table: string;
}): (scope: WindowScope) => boolean {
  return ({ database, table }) => database === event.database && table === event.table;
}

function overtaken(
  { database, table }: { readonly database: string; readonly table: string },
  why: string,
): TailraceError {
  return new TailraceError("SNAPSHOT_OVERTAKEN", `${database}.${table}: ${why}`);
}
