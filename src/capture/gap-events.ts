import type { ChangeEvent, GapCode, GapEvent } from "../core/change-event.ts";
import type { SourcePosition } from "../core/checkpoint.ts";
import { tableName } from "../core/schema.ts";
import type { LogPosition } from "./log-position.ts";
import { isRetiredTable, isWorkTable, netRenames, type RenamedTable } from "./renames.ts";
import type { NamedTable } from "./sql-tokens.ts";
import type { Statement } from "./statement.ts";

/** What gaps are about. */
export interface GapScope {
  readonly position: LogPosition;
  isCaptured(database: string, table: string): boolean;
  /** The captured tables that were seen. */
  seenTables(): readonly NamedTable[];
  /** Do two captured tables write the same documents? Default: yes. */
  shareRule?(a: NamedTable, b: NamedTable): boolean;
  /** Captured tables of a database that need not have been seen; `""` stands for those that a pattern may match. Default: none. */
  expectedTables?(database: string): readonly NamedTable[];
  /** Where reading resumes if it is cut off here. */
  resumePosition(): SourcePosition;
}

/** Makes gap events at the present position of the log. */
export class GapEvents {
  readonly #scope: GapScope;

  constructor(scope: GapScope) {
    this.#scope = scope;
  }

  /** One for each captured table among `tables`. */
  ofTables(code: GapCode, tables: readonly NamedTable[], detail: string): readonly GapEvent[] {
    const distinct = new Map(
      tables
        .filter((t) => t.table === "" || this.#scope.isCaptured(t.database, t.table))
        .map((t) => [tableName(t), t]),
    );
    return Array.from(distinct.values(), (table) => this.#gap(code, table, detail));
  }

  /** One that may concern any table. */
  unnamed(code: GapCode, detail: string): GapEvent {
    return this.#gap(code, { database: "", table: "" }, detail);
  }

  /** What a statement outside row events did to captured tables. */
  ofStatement(statement: Statement): readonly ChangeEvent[] {
    switch (statement.kind) {
      case "dml":
        return this.ofTables(
          "BINLOG_STATEMENT",
          statement.tables,
          "a statement changed it without row events",
        );
      case "exchange":
        return this.ofTables(
          "BINLOG_STATEMENT",
          statement.tables,
          "ALTER TABLE moved rows in or out as a whole",
        );
      case "key":
        return this.ofTables("SCHEMA_KEY_CHANGED", statement.tables, "its primary key was altered");
      case "clear":
        return statement.whole
          ? this.#emptied(statement.tables, "truncated or dropped")
          : this.ofTables(
              "SCHEMA_TABLE_CLEARED",
              statement.tables,
              "a partition was truncated or dropped",
            );
      case "drop-database":
        return this.#emptied(this.#tablesOf(statement.database), "its database was dropped");
      case "rename":
        return netRenames(statement.pairs).flatMap((renamed) => this.#ofRename(renamed));
      default:
        return [];
    }
  }

  #emptied(tables: readonly NamedTable[], detail: string): readonly GapEvent[] {
    const gaps = this.ofTables("SCHEMA_TABLE_CLEARED", tables, detail);
    return gaps.map((gap) => ({ ...gap, isEmptied: true }));
  }

  /** An online schema change swaps its work table, with the same rows, for the original; any other change of a name is seen in the documents. */
  #ofRename({ table, rowsOf, movedTo }: RenamedTable): readonly GapEvent[] {
    const scope = this.#scope;
    const keepsDocuments = (other: NamedTable): boolean =>
      scope.isCaptured(other.database, other.table) && (scope.shareRule?.(table, other) ?? true);
    if (rowsOf === null) {
      if (movedTo === null || keepsDocuments(movedTo)) return [];
      if (isRetiredTable(movedTo.table, table.table)) return [];
      const detail = `renamed to ${tableName(movedTo)}`;
      return this.ofTables("SCHEMA_TABLE_CLEARED", [table], detail);
    }
    if (isWorkTable(rowsOf.table, table.table)) return [];
    if (keepsDocuments(rowsOf) && (movedTo === null || keepsDocuments(movedTo))) return [];
    const detail = `${tableName(rowsOf)} took its name`;
    return this.ofTables("SCHEMA_TABLE_REPLACED", [table], detail);
  }

  /** The captured tables of a database: those seen so far and those that the rules name. */
  #tablesOf(database: string): readonly NamedTable[] {
    const seen = this.#scope.seenTables().filter((table) => table.database === database);
    return [...seen, ...(this.#scope.expectedTables?.(database) ?? [])];
  }

  #gap(code: GapCode, { database, table }: NamedTable, detail: string): GapEvent {
    const { versionHigh, versionLow } = this.#scope.position;
    const position = this.#scope.resumePosition();
    return { kind: "gap", code, database, table, detail, position, versionHigh, versionLow };
  }
}
