import type { IncompleteRowsEvent, RowsEvent } from "../../core/change-event.ts";
import type { JsonRow } from "../../core/json-row.ts";
import type { TableVersion } from "../../core/row-layout.ts";
import type { TableSchema } from "../../core/schema.ts";
import { type KeyChange, keyChange } from "./cascades.ts";
import { type ColumnReader, compileColumnReader } from "./column-reader.ts";
import type { CascadeLink } from "./plan-cascades.ts";

/** Foreign keys that refer to the same columns of a parent. */
interface ParentKey {
  readonly columns: readonly string[];
  readonly links: readonly CascadeLink[];
}

interface ReadKey extends ParentKey {
  readonly reader: ColumnReader;
}

/** Collects what becomes of the keys that foreign keys refer to, from the changes of their tables. */
export class ParentKeys {
  readonly #keys = new Map<string, readonly ParentKey[]>();
  #readers = new WeakMap<TableVersion, readonly ReadKey[]>();
  #changes = new Map<CascadeLink, KeyChange[]>();
  #count = 0;

  constructor(links: readonly CascadeLink[]) {
    const byTable = Map.groupBy(links, ({ key }) => nameOf(key.parent));
    for (const [table, ofTable] of byTable) {
      const byColumns = Map.groupBy(ofTable, ({ key }) => key.parentColumns.join("\0"));
      const keys = [...byColumns.values()].map((same) => ({
        columns: same[0]!.key.parentColumns,
        links: same,
      }));
      this.#keys.set(table, keys);
    }
  }

  /** Does a foreign key refer to the table? */
  isParent(database: string, table: string): boolean {
    return this.#keys.size > 0 && this.#keys.has(nameOf({ database, table }));
  }

  /** Changes that were collected. */
  get count(): number {
    return this.#count;
  }

  /** Gives the changes that were collected away. */
  take(): ReadonlyMap<CascadeLink, readonly KeyChange[]> {
    const changes = this.#changes;
    this.#changes = new Map();
    this.#count = 0;
    return changes;
  }

  /** Collects from rows. */
  note(event: RowsEvent): void {
    const { operation, bytes, start, end } = event;
    if (operation === "insert") return;
    for (const key of this.#readersOf(event.table)) {
      const links = linksFor(key, operation);
      if (links.length === 0) continue;
      for (let p = start; p < end;) {
        const before: (string | null)[] = [];
        const after: (string | null)[] = [];
        p = key.reader.read(bytes, p, end, before);
        if (operation === "update") p = key.reader.read(bytes, p, end, after);
        this.#add(links, before, operation === "update" ? after : null);
      }
    }
  }

  /** Collects from rows whose images lack columns. Returns how many do not tell the key that they had. */
  noteIncomplete({ operation, table: { schema }, rows }: IncompleteRowsEvent): number {
    if (operation === "insert") return 0;
    let unknown = 0;
    for (const key of this.#keys.get(nameOf(schema)) ?? []) {
      const links = linksFor(key, operation);
      if (links.length === 0) continue;
      const columns = key.columns.map((name) => columnOf(schema, name));
      for (const { before, after } of rows) {
        const had = columns.map((column) => before?.[column]);
        const isMoved =
          after === null || columns.some((c, i) => after[c] !== undefined && after[c] !== had[i]);
        if (!isMoved) continue;
        if (had.includes(undefined)) unknown += 1;
        else this.#add(links, had as (string | null)[], after && present(columns, had, after));
      }
    }
    return unknown;
  }

  #add(
    links: readonly CascadeLink[],
    before: readonly (string | null)[],
    after: readonly (string | null)[] | null,
  ): void {
    const change = keyChange(before, after);
    if (change === null) return;
    for (const link of links) {
      const changes = this.#changes.get(link);
      if (changes === undefined) this.#changes.set(link, [change]);
      else changes.push(change);
      this.#count += 1;
    }
  }

  #readersOf(table: TableVersion): readonly ReadKey[] {
    let readers = this.#readers.get(table);
    if (readers === undefined) {
      readers = (this.#keys.get(nameOf(table.schema)) ?? []).flatMap((key) => {
        const reader = compileColumnReader(table, key.columns);
        return reader === null ? [] : [{ ...key, reader }];
      });
      this.#readers.set(table, readers);
    }
    return readers;
  }
}

function linksFor({ links }: ParentKey, operation: "update" | "delete"): readonly CascadeLink[] {
  return links.filter(
    ({ key }) => (operation === "delete" ? key.onDelete : key.onUpdate) !== "refuse",
  );
}

function present(
  columns: readonly number[],
  had: readonly (string | null | undefined)[],
  after: JsonRow,
): readonly (string | null)[] {
  return columns.map((column, i) => {
    const now = after[column];
    return (now === undefined ? had[i] : now) ?? null;
  });
}

function columnOf({ columns }: TableSchema, name: string): number {
  return columns.findIndex((column) => column.name === name);
}

function nameOf({
  database,
  table,
}: {
  readonly database: string;
  readonly table: string;
}): string {
  return `${database}\0${table}`;
}
