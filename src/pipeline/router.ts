import type { ActionWriter } from "../core/action-writer.ts";
import type { IncompleteRowsEvent, ReadEvent, RowsEvent } from "../core/change-event.ts";
import { createJsonRowLayout, jsonRowBytes, type JsonRow } from "../core/json-row.ts";
import type { Logger } from "../core/logger.ts";
import type { TableVersion } from "../core/row-layout.ts";
import { type TableSchema, tableName } from "../core/schema.ts";
import type { Sink } from "../core/sink.ts";
import type { RowCounts } from "../rules/encoder.ts";
import { placeColumns } from "../rules/plan.ts";
import { keyText } from "./key-text.ts";
import { DroppingWriter, NotingWriter } from "./load/noting-writer.ts";
import type { Windows } from "./load/windows.ts";
import { forgetMissing, openRoute, openTarget, type Route } from "./route.ts";
import type { FailedRow } from "./row-failures.ts";
import type { LoadedRule, RuleSet } from "./rule-set.ts";
import type { UnwrittenRows } from "./status.ts";

/** Reads rows again by key: for each key the row as it is now, or null when there is none. */
export type ReadRows = (
  table: TableVersion,
  keys: readonly JsonRow[],
) => Promise<readonly (FreshRow | null)[]>;

/** A row as it is now, with the columns as they are now. */
export interface FreshRow {
  readonly schema: TableSchema;
  readonly row: JsonRow;
}

/** What a router works with. */
export interface RouterOptions {
  readonly rules: RuleSet;
  readonly sink: Sink;
  readonly readRows: ReadRows;
  /** The columns that make a table's document ids are others than before: documents under the old ids stay behind. */
  readonly onKeyChange: (schema: TableSchema, detail: string) => Promise<void>;
  /** Deals with a row of which a rule makes no document; durable when it resolves. */
  readonly onRowFailed: (row: FailedRow) => Promise<void>;
  /** For the source's records, which may tell less than a log. */
  readonly logger?: Pick<Logger, "warn">;
  /** Windows of loads beside this stream: it is noted there which documents are written and deleted. */
  readonly windows?: Windows;
}

/**
 * Brings rows to their rules' encoders and the sink: compiles on first sight of a table version, makes sure that indices are ready, waits for room, and goes on behind rows that fail.
 */
export class Router {
  readonly #options: RouterOptions;
  readonly #noting: NotingWriter;
  readonly #dropping: DroppingWriter;
  #routes = new WeakMap<TableVersion, readonly Route[]>();
  /** Encoders for rows of loads, by the rules that take them. */
  #readRoutes = new WeakMap<TableVersion, Map<string, readonly Route[]>>();
  /** Encoders for rows as JSON texts, by the schema whose columns they have. */
  #jsonRoutes = new WeakMap<TableSchema, readonly Route[]>();
  /** The table versions that came last, by name. */
  readonly #seen = new Map<string, TableVersion>();
  /** The columns of the primary key by table: a change of them gives documents other ids. */
  readonly #keys = new Map<string, string>();
  readonly #counts: RowCounts = { filtered: 0, unchanged: 0 };
  #failed = 0;
  /** Tables and rules of which it was told that updates come without the row before. */
  readonly #noBefore = new Set<string>();

  constructor(options: RouterOptions) {
    this.#options = options;
    this.#noting = new NotingWriter(options.sink.writer);
    this.#dropping = new DroppingWriter(options.sink.writer);
  }

  /** The rules of a table; none when it is not captured. */
  rulesOf(database: string, table: string): readonly LoadedRule[] {
    return this.#options.rules.rulesOf(database, table);
  }

  /** The tables whose rows were taken, as they were last. */
  get seenTables(): readonly TableSchema[] {
    return Array.from(this.#seen.values(), ({ schema }) => schema);
  }

  /** The table's definition is another from here on, or none: rows of the one that was seen do not come again. */
  forgetTable(database: string, table: string): void {
    this.#seen.delete(tableName({ database, table }));
  }

  get unwritten(): UnwrittenRows {
    return { ...this.#counts, failed: this.#failed };
  }

  /** Other rules are in force: everything is compiled anew. */
  forgetRoutes(): void {
    this.#routes = new WeakMap();
    this.#readRoutes = new WeakMap();
    this.#jsonRoutes = new WeakMap();
  }

  /** Takes the rows that there is room for now. Undefined when all were taken, else a promise of the rest. The event must stay valid until then. */
  take(event: RowsEvent): Promise<void> | undefined {
    const routes = this.#routes.get(event.table);
    if (routes === undefined) return this.#takeSlowly(event);
    for (let i = 0; i < routes.length; i++) {
      const next = this.#encode(routes[i]!, event, event.start);
      if (next !== event.end) return this.#takeRest(routes, event, { at: i, next });
    }
    return undefined;
  }

  /** Takes rows of a load, as `take`, by those of the rules named that are in force; what is left out of them goes nowhere. */
  takeRead(event: ReadEvent): Promise<void> | undefined {
    const routes = this.#readRoutes.get(event.table)?.get(event.rules.join("\0"));
    if (routes === undefined) return this.#takeReadSlowly(event);
    const rows = { ...event, operation: "insert", commitTimeUs: 0 } as const;
    for (let i = 0; i < routes.length; i++) {
      const next = this.#encode(routes[i]!, rows, event.start);
      if (next !== event.end) return this.#takeRest(routes, rows, { at: i, next });
    }
    return undefined;
  }

  async #takeReadSlowly(event: ReadEvent): Promise<void> {
    const { database, table } = event.table.schema;
    const loaded = this.rulesOf(database, table).filter(({ config }) =>
      event.rules.includes(config.name),
    );
    const routes = await this.#openRoutes(loaded, event.table);
    let known = this.#readRoutes.get(event.table);
    if (known === undefined) this.#readRoutes.set(event.table, (known = new Map()));
    known.set(event.rules.join("\0"), routes);
    await this.takeRead(event);
  }

  /** Where the actions of a route go: into the sink, past the windows of loads when there are any. */
  #writerFor({ rule: { config }, schema }: Route, rows: EncodedRows): ActionWriter {
    const { sink, windows } = this.#options;
    if (rows.kind === "read") {
      const written = rows.written?.(config.name);
      return written === undefined || written.size === 0
        ? sink.writer
        : this.#dropping.without(written);
    }
    if (windows === undefined || !windows.isAnyOpen) return sink.writer;
    const open = windows.over(schema.database, schema.table, config.name);
    return open === undefined ? sink.writer : this.#noting.noteFor(open, config.name);
  }

  #encode(route: Route, rows: EncodedRows, from: number): number {
    const { encoder, target } = route;
    const writer = this.#writerFor(route, rows);
    writer.begin(target, rows.versionHigh, rows.versionLow);
    encoder.script?.begin(rows.operation, rows.commitTimeUs);
    const encode = rows.by ?? rows.operation;
    return encoder[encode](rows.bytes, from, rows.end, writer);
  }

  async #takeSlowly(event: RowsEvent): Promise<void> {
    const routes = await this.#open(event.table);
    this.#routes.set(event.table, routes);
    this.#seen.set(tableName(event.table.schema), event.table);
    await this.#takeRest(routes, event, { at: 0, next: event.start });
  }

  /** Goes on with the route `at` from the row at `next`, and with those behind it. */
  async #takeRest(
    routes: readonly Route[],
    rows: EncodedRows,
    { at, next }: { readonly at: number; readonly next: number },
  ): Promise<void> {
    for (const [i, route] of routes.entries()) {
      if (i < at) continue;
      let row = i === at ? next : rows.start;
      while (row !== rows.end) {
        // another event may have begun meanwhile only on another writer: there is one consumer
        row = this.#encode(route, rows, row);
        if (row !== rows.end) row = await this.#passStop(route, rows, row);
      }
      forgetMissing(route);
    }
  }

  /** Removes what the encoder stopped at; returns where it goes on. */
  async #passStop(route: Route, rows: EncodedRows, row: number): Promise<number> {
    const { stop } = route.encoder;
    switch (stop.reason) {
      case "room":
        await this.#options.sink.room();
        return row;
      case "target": {
        const refused = await openTarget(route, this.#options.sink);
        if (refused === null) return row;
        const { encoder } = route;
        const behind = encoder.rowEnd(rows.bytes, row, rows.end);
        const next =
          (rows.by ?? rows.operation) === "update"
            ? encoder.rowEnd(rows.bytes, behind, rows.end)
            : behind;
        await this.#fail(route, rows, { id: null, error: refused });
        return next;
      }
      case "failed": {
        // the object is used again while the letter is stored
        const { id, error, next } = stop;
        await this.#fail(route, rows, { id, error });
        return next;
      }
    }
  }

  async #fail(
    route: Route,
    { versionHigh, versionLow }: EncodedRows,
    failure: Pick<FailedRow, "id" | "error">,
  ): Promise<void> {
    this.#failed += 1;
    const { database, table } = route.schema;
    const rule = route.rule.config.name;
    await this.#options.onRowFailed({ rule, database, table, ...failure, versionHigh, versionLow });
  }

  /**
   * Completes rows whose images lack columns by reading them again, and takes them. Documents that they leave are deleted by what the before image
   * tells of their place. Returns how many rows do not tell it: their documents stay.
   */
  async takeIncomplete(event: IncompleteRowsEvent): Promise<number> {
    const routes = await this.#jsonRoutesOf(event.table.schema);
    const changed: JsonRow[] = [];
    let unknown = 0;
    for (const { before, after } of event.rows) {
      if (after !== null) changed.push(merge(before, after));
      if (before === null) continue;
      for (const route of routes) {
        const left = leaves(route, before, after);
        if (left === "unknown") unknown += 1;
        if (left === "yes") await this.#takeJson(route, "purge", { row: before, event });
      }
    }
    if (changed.length === 0) return unknown;
    const fresh = await this.#options.readRows(event.table, changed);
    for (const [i, now] of fresh.entries()) {
      if (event.operation === "update") await this.#leaveFor(now, changed[i]!, event);
      if (now === null) continue;
      for (const route of await this.#jsonRoutesOf(now.schema)) {
        const { filtered } = this.#counts;
        await this.#takeJson(route, "insert", { row: now.row, event });
        // it may have had a document before: a delete too many is harmless
        if (this.#counts.filtered > filtered && event.operation === "update")
          await this.#takeJson(route, "purge", { row: now.row, event });
      }
    }
    return unknown;
  }

  /**
   * A row that has gone meanwhile, or is at another place, has its document deleted at the place that this change left it at: the update may have taken the row out of the rule's
   * conditions, and who is out is not looked for when the row goes.
   */
  async #leaveFor(now: FreshRow | null, row: JsonRow, event: IncompleteRowsEvent): Promise<void> {
    const { schema } = event.table;
    for (const route of await this.#jsonRoutesOf(schema)) {
      const columns = placeColumns(route.encoder.plan);
      if (columns.some((column) => row[column] === undefined)) continue;
      if (now !== null && columns.every((column) => row[column] === valueIn(now, schema, column)))
        continue;
      await this.#takeJson(route, "purge", { row, event });
    }
  }

  async #takeJson(
    route: Route,
    by: "insert" | "purge",
    { row, event }: { readonly row: JsonRow; readonly event: IncompleteRowsEvent },
  ): Promise<void> {
    const { versionHigh, versionLow, commitTimeUs, operation } = event;
    const end = jsonRowBytes(row);
    const origin = { operation, versionHigh, versionLow, commitTimeUs };
    const rows = { bytes: row, start: 0, end, by, ...origin };
    await this.#takeRest([route], rows, { at: 0, next: 0 });
  }

  async #jsonRoutesOf(schema: TableSchema): Promise<readonly Route[]> {
    const known = this.#jsonRoutes.get(schema);
    if (known !== undefined) return known;
    const routes = await this.#open({ schema, layout: createJsonRowLayout(schema.columns) });
    this.#jsonRoutes.set(schema, routes);
    return routes;
  }

  #noteNoBefore({ database, table }: TableSchema, { config }: LoadedRule): void {
    const key = JSON.stringify([database, table, config.name]);
    if (this.#noBefore.has(key)) return;
    this.#noBefore.add(key);
    this.#options.logger?.warn(
      { database, table, rule: config.name },
      "records do not tell the row before an update, and the rule's id, index or routing depends on the row: a document that moves stays at its old place, too",
    );
  }

  /** Compiles the table's rules and makes their indices ready. A table may have lost its rules while its rows were on their way. */
  async #open(table: TableVersion): Promise<readonly Route[]> {
    const { rules, onKeyChange } = this.#options;
    const { schema } = table;
    const name = tableName(schema);
    const key = keyText(schema);
    const before = this.#keys.get(name);
    this.#keys.set(name, key);
    const loaded = rules.rulesOf(schema.database, schema.table);
    if (before !== undefined && before !== key && loaded.some(({ rule }) => rule.id === null))
      await onKeyChange(schema, `the id was made of (${before}) and is now made of (${key})`);
    return this.#openRoutes(loaded, table);
  }

  async #openRoutes(loaded: readonly LoadedRule[], table: TableVersion): Promise<readonly Route[]> {
    const routes: Route[] = [];
    for (const rule of loaded)
      routes.push(
        await openRoute(rule, table, {
          sink: this.#options.sink,
          counts: this.#counts,
          onNoBefore: () => this.#noteNoBefore(table.schema, rule),
        }),
      );
    return routes;
  }
}

/** Rows that an encoder takes. */
interface EncodedRows extends Pick<
  RowsEvent,
  "bytes" | "start" | "end" | "operation" | "versionHigh" | "versionLow" | "commitTimeUs"
> {
  readonly kind?: "rows" | "read";
  /** What is done with them, where that is not what happened to them. */
  readonly by?: "insert" | "purge";
  /** Of rows that were read: see {@link ReadEvent}. */
  readonly written?: ReadEvent["written"];
}

/** Does an incomplete row leave the place that it had? `after` has what has changed, at least. */
function leaves(
  { encoder: { plan } }: Route,
  before: JsonRow,
  after: JsonRow | null,
): "yes" | "no" | "unknown" {
  const columns = placeColumns(plan);
  const isMoved =
    after === null ||
    columns.some((column) => after[column] !== undefined && after[column] !== before[column]);
  if (!isMoved) return "no";
  return columns.some((column) => before[column] === undefined) ? "unknown" : "yes";
}

/** The value that a row has now in a column of an earlier definition of its table; undefined when there is none. */
function valueIn({ schema, row }: FreshRow, before: TableSchema, column: number): JsonRow[number] {
  const { name } = before.columns[column]!;
  return row[schema.columns.findIndex((each) => each.name === name)];
}

/** What is known of the row after the change. */
function merge(before: JsonRow | null, after: JsonRow): JsonRow {
  return after.map((value, column) => value ?? (value === null ? null : before?.[column]));
}
