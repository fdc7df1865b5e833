import { columnType, type TypeContext } from "../binlog/column-type.ts";
import { createPartialImageReader, type PartialImageReader } from "../binlog/partial-image.ts";
import { createBinlogLayout, type LayoutColumn } from "../binlog/row-layout.ts";
import {
  decodeTableMap,
  readTableId,
  type MappedColumn,
  type TableMap,
} from "../binlog/table-map.ts";
import type { TableVersion } from "../core/row-layout.ts";
import { type Column, type ColumnType, type TableSchema, tableName } from "../core/schema.ts";

/** A table id's meaning at this point of the log. */
export type TableEntry =
  | { readonly kind: "ignored" }
  | {
      readonly kind: "captured";
      readonly version: TableVersion;
      readonly partial: PartialImageReader;
    }
  /** Its rows cannot be decoded: their columns are not known. */
  | {
      readonly kind: "mismatch";
      readonly database: string;
      readonly table: string;
      readonly detail: string;
    };

/** What the registry asks of its surroundings. */
export interface TableRegistryOptions {
  isCaptured(database: string, table: string): boolean;
  readonly types: TypeContext;
  /** The table as the server defines it now; null when it does not exist. */
  describeTable(database: string, table: string): Promise<TableSchema | null>;
  /** The log never tells which text columns hold JSON (MariaDB): ask for each table. */
  readonly jsonAsText: boolean;
}

/**
 * Knows what the table ids of rows events stand for. A definition is keyed by the TABLE_MAP's bytes behind the table id: the same schema is
 * prepared once, a changed one always anew. With `binlog_row_metadata=MINIMAL` the names come from the server's present definition,
 * if that fits the types in the log.
 */
export class TableRegistry {
  readonly #options: TableRegistryOptions;
  readonly #byId = new Map<number, { readonly body: Buffer; readonly entry: TableEntry }>();
  readonly #byBody = new Map<string, TableEntry>();
  /** Keys of `#byBody` whose entries needed the server's word. */
  readonly #asked = new Set<string>();

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
    const map = decodeTableMap(bytes, start, end);
    if (!this.#options.isCaptured(map.database, map.table)) {
      remember({ kind: "ignored" });
      return undefined;
    }
    if (map.named && !this.#options.jsonAsText) {
      remember(this.#capture(map, mappedColumns(map, this.#options.types), map.primaryKey ?? []));
      return undefined;
    }
    this.#asked.add(key);
    return this.#options
      .describeTable(map.database, map.table)
      .then((schema) => remember(this.#withLookup(map, schema)));
  }

  /** What a table id stands for; undefined when no TABLE_MAP has named it. */
  get(tableId: number): TableEntry | undefined {
    return this.#byId.get(tableId)?.entry;
  }

  /** The captured tables that were seen, each once. */
  capturedTables(): TableSchema[] {
    const schemas = new Map<string, TableSchema>();
    for (const entry of this.#byBody.values())
      if (entry.kind === "captured")
        schemas.set(tableName(entry.version.schema), entry.version.schema);
    return [...schemas.values()];
  }

  /** Forgets the ids: after a real rotation or on a new connection they mean something else. */
  forgetIds(): void {
    this.#byId.clear();
  }

  /** Forgets what was asked of the server: a statement may have changed a table. What the log itself told stays true. */
  forgetLookups(): void {
    if (this.#asked.size === 0) return;
    this.#byId.clear();
    for (const key of this.#asked) this.#byBody.delete(key);
    this.#asked.clear();
  }

  #withLookup(map: TableMap, schema: TableSchema | null): TableEntry {
    if (map.named) {
      const textJson = new Map(schema?.columns.map((column) => [column.name, column.type]));
      const columns = mappedColumns(map, this.#options.types).map((column) => {
        const present = textJson.get(column.name);
        return present?.kind === "json" && column.type.kind === "text"
          ? { ...column, type: present }
          : column;
      });
      return this.#capture(map, columns, map.primaryKey ?? []);
    }
    const detail =
      schema === null
        ? "the table does not exist any more"
        : disagreement(map, schema, this.#options.types);
    if (schema === null || detail !== null)
      return { kind: "mismatch", database: map.database, table: map.table, detail: detail ?? "" };
    return this.#capture(map, schema.columns, schema.primaryKey);
  }

  #capture(map: TableMap, columns: readonly Column[], primaryKey: readonly number[]): TableEntry {
    const layoutColumns: LayoutColumn[] = columns.map((column, index) => ({
      column,
      mapped: map.columns[index]!,
    }));
    const schema: TableSchema = { database: map.database, table: map.table, columns, primaryKey };
    return {
      kind: "captured",
      version: { schema, layout: createBinlogLayout(layoutColumns) },
      partial: createPartialImageReader(layoutColumns),
    };
  }
}

function mappedColumns(map: TableMap, types: TypeContext): Column[] {
  return map.columns.map((column) => ({
    name: column.name ?? "",
    nullable: column.nullable,
    type: columnType(column, types),
  }));
}

/** Why the server's present definition cannot be that of the event; null when it fits. */
function disagreement(map: TableMap, schema: TableSchema, types: TypeContext): string | null {
  if (map.columns.length !== schema.columns.length) {
    return `${tableName(schema)} has ${schema.columns.length} columns now, the logged rows have ${map.columns.length}`;
  }
  for (const [index, column] of schema.columns.entries()) {
    const mapped = map.columns[index]!;
    if (mapped.nullable !== column.nullable || !fits(mapped, column.type, types)) {
      return `column ${index + 1} of the logged rows does not fit ${column.name} of ${tableName(schema)} as it is now`;
    }
  }
  return null;
}

function fits(mapped: MappedColumn, type: ColumnType, types: TypeContext): boolean {
  if (type.kind === "enum" || type.kind === "set")
    return columnType({ ...mapped, members: [] }, types).kind === type.kind;
  const logged = columnType(mapped, types);
  if (type.kind === "json" && type.text) return logged.kind === "text";
  const shape = (t: ColumnType): string =>
    JSON.stringify(
      t.kind === "text" || t.kind === "binary"
        ? { kind: t.kind, ...("charset" in t ? { charset: t.charset } : {}) }
        : t,
    );
  return shape(logged) === shape(type);
}
