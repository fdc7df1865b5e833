import type { IncompleteRow, IncompleteRowsEvent, RowsEvent } from "../../core/change-event.ts";
import type { Clock } from "../../core/clock.ts";
import { JsonNumber } from "../../core/exact-json.ts";
import { createJsonRowLayout, type JsonRow } from "../../core/json-row.ts";
import type { Logger } from "../../core/logger.ts";
import type { TableVersion } from "../../core/row-layout.ts";
import type { TableSchema } from "../../core/schema.ts";
import type { Sink } from "../../core/sink.ts";
import type { FoundFields, SearchClient } from "../../sink/search-client.ts";
import { patiently } from "../patiently.ts";
import type { ReadRows, Router } from "../router.ts";
import type { CascadeLink } from "./plan-cascades.ts";

/** Values that rows of a parent had in the columns that a foreign key refers to, and have now; null = the row is gone. */
export interface KeyChange {
  readonly before: readonly string[];
  readonly after: readonly (string | null)[] | null;
}

/** The event on whose behalf documents are written: they get its version. */
export type CascadeOrigin = Pick<
  RowsEvent,
  "versionHigh" | "versionLow" | "timestampMs" | "commitTimeUs" | "gtid"
>;

/** What carrying cascades out takes. */
export interface CascadesOptions {
  readonly links: readonly CascadeLink[];
  readonly search: SearchClient;
  readonly sink: Pick<Sink, "drain">;
  readonly router: Pick<Router, "takeIncomplete">;
  readonly readRows: ReadRows;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Ends the patience with servers that are away. */
  readonly signal: AbortSignal;
}

/** Values that are searched for at once: Elasticsearch takes 1,024 clauses. */
const MAX_VALUES = 500;
/** MySQL nests no cascades deeper. */
const MAX_DEPTH = 15;

/**
 * Does to documents what foreign keys did to rows without logging it. The documents of rows that referred to a parent's key are looked for in the index by that key, and their rows
 * read again: what is there is written, what is gone deleted, with the version of the parent's change, so that every later change of theirs wins.
 *
 *     everything taken before is applied (drain) and can be found (refresh)
 *       → documents by the key that the parent had, page by page
 *         → first what refers to them, in the same way, and that is applied
 *         → then they: read FOR SHARE, which waits for the transaction's commit
 *
 * The order within a page is what makes it repeatable: were the documents of children deleted before those of their children, a crash in between would leave the latter unfindable. Reading
 * again may find rows that are newer than the change: their own events follow.
 */
export class Cascades {
  readonly #options: CascadesOptions;
  readonly #versions = new Map<TableSchema, TableVersion>();
  #refreshed = new Set<string>();

  constructor(options: CascadesOptions) {
    this.#options = options;
  }

  /** Definitions may have changed: rows are read with the columns that their tables have then. */
  forgetTables(): void {
    this.#versions.clear();
  }

  /** Carries the changes of keys of a parent out; resolves when their actions are taken. Rejects with what does not pass. */
  async carryOut(
    changes: ReadonlyMap<CascadeLink, readonly KeyChange[]>,
    origin: CascadeOrigin,
  ): Promise<void> {
    await this.#options.sink.drain();
    this.#refreshed = new Set();
    for (const [link, ofLink] of changes) await this.#follow(link, ofLink, { origin, depth: 1 });
  }

  async #follow(
    link: CascadeLink,
    changes: readonly KeyChange[],
    step: { readonly origin: CascadeOrigin; readonly depth: number },
  ): Promise<void> {
    if (step.depth > MAX_DEPTH) return;
    const what = `find documents of rule ${link.rule} by foreign key ${link.key.name}`;
    for (let at = 0; at < changes.length; at += MAX_VALUES) {
      const batch = changes.slice(at, at + MAX_VALUES);
      // repeated as a whole: what was done is done again, with the same outcome
      await patiently(what, () => this.#followBatch(link, batch, step), this.#options);
    }
  }

  async #followBatch(
    link: CascadeLink,
    changes: readonly KeyChange[],
    step: { readonly origin: CascadeOrigin; readonly depth: number },
  ): Promise<void> {
    const { search } = this.#options;
    if (!this.#refreshed.has(link.index)) {
      await search.refresh(link.index);
      this.#refreshed.add(link.index);
    }
    const query = queryOf(link, changes);
    const fields = link.fields.map(({ name }) => name);
    const byKey = new Map(changes.map((change) => [textOf(change.before), change]));
    for await (const page of search.find({ index: link.index, query, fields })) {
      const rows = page.map((found) => rowOf(link, found)).filter((row) => row !== null);
      if (rows.length > 0) await this.#takePage(link, rows, { ...step, byKey });
    }
  }

  async #takePage(
    link: CascadeLink,
    rows: readonly JsonRow[],
    {
      origin,
      depth,
      byKey,
    }: {
      readonly origin: CascadeOrigin;
      readonly depth: number;
      readonly byKey: ReadonlyMap<string, KeyChange>;
    },
  ): Promise<void> {
    const { links, readRows, router, sink } = this.#options;
    const table = this.#tableOf(link.child);
    const below = links.filter(({ key }) => isOf(key.parent, link.child));
    if (below.length > 0) {
      const fresh = await readRows(table, rows);
      for (const next of below) {
        const columns = next.key.parentColumns.map((name) => columnOf(link.child, name));
        const changes = rows.flatMap((row, i) => {
          const before = columns.map((column) => row[column] ?? null);
          const now = fresh[i] ?? null;
          const after =
            now &&
            next.key.parentColumns.map((name) => now.row[columnOf(now.schema, name)] ?? null);
          return keyChange(before, after) ?? [];
        });
        await this.#follow(next, changes, { origin, depth: depth + 1 });
      }
      await sink.drain();
    }
    const incomplete = rows.flatMap((row): IncompleteRow[] => {
      const moved = movedRow(link, row, byKey);
      return [
        { before: null, after: row },
        ...(moved === null ? [] : [{ before: null, after: moved }]),
      ];
    });
    const event: IncompleteRowsEvent = {
      ...origin,
      kind: "incomplete",
      operation: "update",
      table,
      rows: incomplete,
      position: { file: "", position: 0 },
    };
    await router.takeIncomplete(event);
  }

  #tableOf(schema: TableSchema): TableVersion {
    let version = this.#versions.get(schema);
    if (version === undefined) {
      version = { schema, layout: createJsonRowLayout(schema.columns) };
      this.#versions.set(schema, version);
    }
    return version;
  }
}

/** What became of a row's key, for those that refer to it; null when nothing did, or nobody can refer to it (NULL). */
export function keyChange(
  before: readonly (string | null)[],
  after: readonly (string | null)[] | null,
): KeyChange | null {
  if (before.includes(null)) return null;
  if (after !== null && before.every((text, i) => text === after[i])) return null;
  return { before: before as readonly string[], after };
}

/** Documents whose foreign key was one of these. */
function queryOf({ paths }: CascadeLink, changes: readonly KeyChange[]): string {
  const path = JSON.stringify(paths[0]);
  if (paths.length === 1)
    return `{"bool":{"filter":[{"terms":{${path}:[${changes.map(({ before }) => before[0]).join(",")}]}}]}}`;
  const each = changes.map(
    ({ before }) =>
      `{"bool":{"filter":[${paths.map((name, i) => `{"term":{${JSON.stringify(name)}:${before[i]}}}`).join(",")}]}}`,
  );
  return `{"bool":{"minimum_should_match":1,"should":[${each.join(",")}]}}`;
}

/** What a document tells of its row; null when it does not tell the row's key: another program's. */
function rowOf({ child, fields }: CascadeLink, found: FoundFields): JsonRow | null {
  const row: (string | null | undefined)[] = child.columns.map(() => undefined);
  for (const { name, column } of fields) {
    const value = found[name];
    row[column] =
      value instanceof JsonNumber
        ? value.text
        : typeof value === "string"
          ? JSON.stringify(value)
          : value === null
            ? null
            : undefined;
  }
  return child.primaryKey.every((column) => typeof row[column] === "string") ? row : null;
}

/** A row whose own primary key follows the parent's, where it is now; null when its key stays. */
function movedRow(
  { key, child, columns }: CascadeLink,
  row: JsonRow,
  byKey: ReadonlyMap<string, KeyChange>,
): JsonRow | null {
  if (key.onUpdate !== "cascade" || !columns.some((column) => child.primaryKey.includes(column)))
    return null;
  const change = byKey.get(textOf(columns.map((column) => row[column] ?? "null")));
  if (change?.after === undefined || change.after === null) return null;
  const { after } = change;
  return row.map((value, column) => {
    const at = columns.indexOf(column);
    return at < 0 ? value : after[at];
  });
}

function textOf(values: readonly string[]): string {
  return values.join("\0");
}

function columnOf({ columns }: TableSchema, name: string): number {
  return columns.findIndex((column) => column.name.toLowerCase() === name.toLowerCase());
}

function isOf(
  a: { readonly database: string; readonly table: string },
  b: { readonly database: string; readonly table: string },
): boolean {
  return a.database === b.database && a.table === b.table;
}
