import type { TypeContext } from "../binlog/column-type.ts";
import { decodeTableMap, readTableId, readTableName, type TableMap } from "../binlog/table-map.ts";
import { type TableSchema, tableName } from "../core/schema.ts";
import {
  entryFromLog,
  entryFromServer,
  type PresentTable,
  type TableEntry,
} from "./table-entry.ts";

/** What the registry asks of its surroundings. */
export interface TableRegistryOptions {
  isCaptured(database: string, table: string): boolean;
  readonly types: TypeContext;
  /** The table as the server defines it now; null when it does not exist. */
  describeTable(database: string, table: string): Promise<PresentTable | null>;
  /** MariaDB's log never tells all of a definition (which texts hold JSON, what is a UUID, a sequence, history): the server is asked for each table. */
  readonly flavor: "mysql" | "mariadb";
}

const IGNORED: TableEntry = { kind: "ignored" };

/**
 * Knows what the table ids of rows events stand for. A definition is keyed by the TABLE_MAP's bytes behind the table id: the same schema is
 * prepared once, a changed one always anew. With `binlog_row_metadata=MINIMAL` the names come from the server's present definition,
 * if that fits the types in the log.
 */
export class TableRegistry {
  readonly #options: TableRegistryOptions;
  readonly #byId = new Map<number, { readonly body: Buffer; readonly entry: TableEntry }>();
  readonly #byBody = new Map<string, TableEntry>();
  /** By the same keys, what the server said where it was asked. It may have changed when the key is not in `#byBody`. */
  readonly #answers = new Map<string, { readonly answer: string; readonly entry: TableEntry }>();

  constructor(options: TableRegistryOptions) {
    this.#options = options;
  }

  /** Takes the body of a TABLE_MAP event. A promise when the server must be asked first; rows events wait for it. */
  define(bytes: Buffer, start: number, end: number): Promise<void> | undefined {
    const id = readTableId(bytes, start);
    const known = this.#byId.get(id);
    if (known !== undefined && known.body.compare(bytes, start + 6, end) === 0) return undefined;
    const body = Buffer.from(bytes.subarray(start + 6, end));
    const key = body.toString("latin1");
    const cached = this.#byBody.get(key);
    if (cached !== undefined) {
      this.#byId.set(id, { body, entry: cached });
      return undefined;
    }
    const remember = (entry: TableEntry): void => {
      this.#byBody.set(key, entry);
      this.#byId.set(id, { body, entry });
    };
    const { database, table } = readTableName(bytes, start, end);
    if (!this.#options.isCaptured(database, table)) {
      // by id only, which a rotation forgets: there may be any number of them
      this.#byId.set(id, { body, entry: IGNORED });
      return undefined;
    }
    const { flavor } = this.#options;
    const map = decodeTableMap(bytes, { start, end }, flavor);
    if (map.named && flavor === "mysql") {
      remember(entryFromLog(map, this.#options.types));
      return undefined;
    }
    return this.#options
      .describeTable(database, table)
      .then((present) => remember(this.#completed(key, map, present)));
  }

  /** What a table id stands for; undefined when no TABLE_MAP has named it. */
  get(tableId: number): TableEntry | undefined {
    return this.#byId.get(tableId)?.entry;
  }

  /** The captured tables that were seen, each once. */
  capturedTables(): TableSchema[] {
    const schemas = new Map<string, TableSchema>();
    for (const entry of [...this.#byBody.values(), ...this.#answered()])
      if (entry.kind === "captured")
        schemas.set(tableName(entry.version.schema), entry.version.schema);
    return [...schemas.values()];
  }

  /** Forgets the ids: after a real rotation or on a new connection they mean something else. */
  forgetIds(): void {
    this.#byId.clear();
  }

  /** Other tables are captured from here on: every TABLE_MAP is looked at anew. What was prepared for tables that stay captured is kept. */
  forgetCaptured(): void {
    this.#byId.clear();
    for (const [key, entry] of this.#byBody) {
      const table = entry.kind === "captured" ? entry.version.schema : null;
      if (table === null || !this.#options.isCaptured(table.database, table.table))
        this.#byBody.delete(key);
    }
  }

  /** What the server said may not hold any more: a statement may have changed a table. What the log itself told stays true. */
  forgetLookups(): void {
    if (this.#answers.size === 0) return;
    this.#byId.clear();
    for (const key of this.#answers.keys()) this.#byBody.delete(key);
  }

  /** The entry as the server completes it; the one from before, with all that was compiled for it, when the server says the same. */
  #completed(key: string, map: TableMap, present: PresentTable | null): TableEntry {
    const answer = JSON.stringify(present);
    const before = this.#answers.get(key);
    if (before?.answer === answer) return before.entry;
    const entry = entryFromServer(map, present, this.#options.types);
    this.#answers.set(key, { answer, entry });
    return entry;
  }

  #answered(): TableEntry[] {
    return Array.from(this.#answers.values(), ({ entry }) => entry);
  }
}
