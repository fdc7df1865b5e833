import type { IncompleteRow, IncompleteRowsEvent, RowsEvent } from "../core/change-event.ts";
import { createJsonRowLayout, jsonRowBytes, type JsonRow } from "../core/json-row.ts";
import type { Target } from "../core/action-writer.ts";
import type { TableVersion } from "../core/row-layout.ts";
import type { Sink } from "../core/sink.ts";
import { compileEncoder, type EncodeRows, type RowEncoder } from "../rules/encoder.ts";
import type { RuleOptions } from "../rules/rule.ts";

/** A rule and how its target is kept. */
export interface RoutedRule extends RuleOptions {
  readonly upsert: boolean;
  readonly createIndex: boolean;
  readonly dynamic: "strict" | "false";
  readonly onTruncate: "keep" | "delete" | "stop";
}

/** Reads rows again by key: for each key the row as it is now, or null when there is none. */
export type ReadRows = (
  table: TableVersion,
  keys: readonly JsonRow[],
) => Promise<readonly FreshRow[]>;

/** A row as it is now, with the columns as they are now. */
export interface FreshRow {
  readonly table: TableVersion;
  readonly row: JsonRow;
}

/** One rule compiled for one table version. */
interface Route {
  readonly target: Target;
  readonly encoder: RowEncoder;
}

/**
 * Brings rows to their rule's encoder and the sink: compiles on first sight of a table version, makes sure that the index is ready, waits for room.
 */
export class Router {
  readonly #ruleOf: (database: string, table: string) => RoutedRule | null;
  readonly #sink: Sink;
  readonly #readRows: ReadRows;
  readonly #routes = new WeakMap<TableVersion, Route>();
  /** Encoders for rows as JSON texts, by the table version whose columns they have. */
  readonly #jsonRoutes = new WeakMap<TableVersion, Route>();

  constructor(
    ruleOf: (database: string, table: string) => RoutedRule | null,
    sink: Sink,
    readRows: ReadRows,
  ) {
    this.#ruleOf = ruleOf;
    this.#sink = sink;
    this.#readRows = readRows;
  }

  /** The rule of a table, null when it is not captured. */
  ruleOf(database: string, table: string): RoutedRule | null {
    return this.#ruleOf(database, table);
  }

  /** Takes the rows that there is room for now. Undefined when all were taken, else a promise of the rest. The event must stay valid until then. */
  take(event: RowsEvent): Promise<void> | undefined {
    const route = this.#routes.get(event.table);
    if (route === undefined) return this.#takeSlowly(event);
    const { writer } = this.#sink;
    writer.begin(route.target, event.versionHigh, event.versionLow);
    const next = route.encoder[event.operation](event.bytes, event.start, event.end, writer);
    return next === event.end
      ? undefined
      : this.#encode(route.encoder[event.operation], event, next, route);
  }

  async #takeSlowly(event: RowsEvent): Promise<void> {
    const route = await this.#open(event.table, this.#routes, event.table);
    await this.#encode(route.encoder[event.operation], event, event.start, route);
  }

  async #encode(
    encode: EncodeRows,
    rows: EncodedRows,
    offset: number,
    route: Route,
  ): Promise<void> {
    let next = offset;
    while (next !== rows.end) {
      // another event may have begun meanwhile only on another writer: there is one consumer
      this.#sink.writer.begin(route.target, rows.versionHigh, rows.versionLow);
      next = encode(rows.bytes, next, rows.end, this.#sink.writer);
      if (next !== rows.end) await this.#sink.room();
    }
  }

  /** Completes rows whose images lack columns by reading them again, and takes them. Deletes need their key only. */
  async takeIncomplete(event: IncompleteRowsEvent): Promise<void> {
    const { table } = event;
    const gone = event.rows.flatMap((row) =>
      row.before !== null && isDeleted(row, table) ? [row.before] : [],
    );
    for (const row of gone) await this.#takeJson("delete", { table, row }, event);
    const changed = event.rows.flatMap(({ before, after }) =>
      after === null ? [] : [merge(before, after)],
    );
    if (changed.length === 0) return;
    for (const fresh of await this.#readRows(table, changed))
      await this.#takeJson("insert", fresh, event);
  }

  async #takeJson(
    operation: "insert" | "delete",
    { table, row }: FreshRow,
    event: IncompleteRowsEvent,
  ): Promise<void> {
    const version: TableVersion = this.#jsonVersion(table);
    const route = await this.#open(table, this.#jsonRoutes, version);
    const { versionHigh, versionLow } = event;
    await this.#encode(
      route.encoder[operation],
      { bytes: row, end: jsonRowBytes(row), versionHigh, versionLow },
      0,
      route,
    );
  }

  #jsonVersion(table: TableVersion): TableVersion {
    return { schema: table.schema, layout: createJsonRowLayout(table.schema.columns) };
  }

  async #open(
    key: TableVersion,
    routes: WeakMap<TableVersion, Route>,
    version: TableVersion,
  ): Promise<Route> {
    const known = routes.get(key);
    if (known !== undefined) return known;
    const { database, table } = key.schema;
    const rule = this.#ruleOf(database, table);
    if (rule === null) throw new Error(`rows of ${database}.${table}, which no rule captures`);
    const encoder = compileEncoder(rule, version);
    const target = this.#sink.target(rule.index, rule.upsert);
    await this.#sink.prepare({
      target,
      fields: encoder.plan.fields,
      create: rule.createIndex,
      dynamic: rule.dynamic,
    });
    const route: Route = { target, encoder };
    routes.set(key, route);
    return route;
  }
}

interface EncodedRows {
  readonly bytes: unknown;
  readonly end: number;
  readonly versionHigh: number;
  readonly versionLow: number;
}

/** The row leaves its key: it was deleted, or its primary key changed. */
function isDeleted({ before, after }: IncompleteRow, table: TableVersion): boolean {
  return (
    after === null ||
    table.schema.primaryKey.some(
      (column) => after[column] !== undefined && after[column] !== before?.[column],
    )
  );
}

/** What is known of the row after the change. */
function merge(before: JsonRow | null, after: JsonRow): JsonRow {
  return after.map((value, column) => value ?? (value === null ? null : before?.[column]));
}
