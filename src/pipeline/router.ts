import type { IncompleteRowsEvent, RowsEvent } from "../core/change-event.ts";
import { createJsonRowLayout, jsonRowBytes, type JsonRow } from "../core/json-row.ts";
import type { Target } from "../core/action-writer.ts";
import { TailraceError } from "../core/errors.ts";
import type { TableVersion } from "../core/row-layout.ts";
import { type Column, tableName, type TableSchema } from "../core/schema.ts";
import type { Sink } from "../core/sink.ts";
import { compileEncoder, type EncodeRows, type RowEncoder } from "../rules/encoder.ts";
import type { RuleOptions } from "../core/rule.ts";
import { parseRule } from "../query/rule.ts";

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
) => Promise<readonly (FreshRow | null)[]>;

/** A row as it is now, with the columns as they are now. */
export interface FreshRow {
  readonly schema: TableSchema;
  readonly row: JsonRow;
}

/** What a router works with. */
export interface RouterOptions {
  readonly ruleOf: (database: string, table: string) => RoutedRule | null;
  readonly sink: Sink;
  readonly readRows: ReadRows;
  /** The columns that make a table's document ids are others than before: documents under the old ids stay behind. */
  readonly onKeyChange: (schema: TableSchema, detail: string) => Promise<void>;
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
  /** Encoders for rows as JSON texts, by the schema whose columns they have. */
  readonly #jsonRoutes = new WeakMap<TableSchema, Route>();

  readonly #onKeyChange: RouterOptions["onKeyChange"];
  /** Names of the id's columns by table: a change of them gives every document another id. */
  readonly #idColumns = new Map<string, string>();

  constructor({ ruleOf, sink, readRows, onKeyChange }: RouterOptions) {
    this.#ruleOf = ruleOf;
    this.#sink = sink;
    this.#readRows = readRows;
    this.#onKeyChange = onKeyChange;
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
    const route = await this.#open(event.table);
    this.#routes.set(event.table, route);
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

  /**
   * Completes rows whose images lack columns by reading them again, and takes them. Documents that they leave are deleted by what the before image
   * tells of their id. Returns how many rows do not tell it: their documents stay.
   */
  async takeIncomplete(event: IncompleteRowsEvent): Promise<number> {
    const { schema } = event.table;
    const { plan } = (await this.#jsonRoute(schema)).encoder;
    const changed: JsonRow[] = [];
    let unknown = 0;
    for (const { before, after } of event.rows) {
      const current = after === null ? null : merge(before, after);
      if (current !== null) changed.push(current);
      const leaves =
        before !== null &&
        (current === null || idColumns(plan).some((column) => current[column] !== before[column]));
      if (!leaves) continue;
      if (idColumns(plan).some((column) => before[column] === undefined)) unknown += 1;
      else await this.#takeJson("delete", { schema, row: before }, event);
    }
    if (changed.length === 0) return unknown;
    for (const fresh of await this.#readRows(event.table, changed))
      if (fresh !== null) await this.#takeJson("insert", fresh, event);
    return unknown;
  }

  async #takeJson(
    operation: "insert" | "delete",
    { schema, row }: FreshRow,
    event: IncompleteRowsEvent,
  ): Promise<void> {
    const route = await this.#jsonRoute(schema);
    const { versionHigh, versionLow } = event;
    await this.#encode(
      route.encoder[operation],
      { bytes: row, end: jsonRowBytes(row), versionHigh, versionLow },
      0,
      route,
    );
  }

  async #jsonRoute(schema: TableSchema): Promise<Route> {
    const known = this.#jsonRoutes.get(schema);
    if (known !== undefined) return known;
    const route = await this.#open({ schema, layout: createJsonRowLayout(schema.columns) });
    this.#jsonRoutes.set(schema, route);
    return route;
  }

  /** Compiles the table's rule and makes its index ready. */
  async #open(table: TableVersion): Promise<Route> {
    const { schema } = table;
    const rule = this.#ruleOf(schema.database, schema.table);
    if (rule === null)
      throw new TailraceError(
        "INVARIANT_BROKEN",
        `rows of ${tableName(schema)}, which no rule captures`,
      );
    const encoder = compileEncoder(parseRule(rule), table);
    const id = idColumns(encoder.plan)
      .map((column) => idPart(schema.columns[column]!))
      .join(", ");
    const before = this.#idColumns.get(tableName(schema));
    this.#idColumns.set(tableName(schema), id);
    if (before !== undefined && before !== id)
      await this.#onKeyChange(schema, `the id was made of (${before}) and is now made of (${id})`);
    const target = this.#sink.target({ index: rule.index, write: rule.upsert ? "merge" : "whole" });
    const { createIndex: create, dynamic } = rule;
    await this.#sink.prepare({ target, fields: encoder.plan.fields, create, dynamic });
    return { target, encoder };
  }
}

/** A column's name and what of its type is seen in an id: another scale or fraction gives each value another text. */
function idPart({ name, type }: Column): string {
  switch (type.kind) {
    case "integer":
    case "text":
      return name;
    case "decimal":
      return `${name} decimal of scale ${type.scale}`;
    case "time":
    case "datetime":
    case "timestamp":
      return `${name} ${type.kind}(${type.fraction})`;
    case "binary":
      return type.fixedLength === undefined
        ? `${name} binary`
        : `${name} binary(${type.fixedLength})`;
    default:
      return `${name} ${type.kind}`;
  }
}

function idColumns({ id }: RowEncoder["plan"]): readonly number[] {
  return id.kind === "columns" ? id.columns : [...id.text.columns];
}

interface EncodedRows {
  readonly bytes: unknown;
  readonly end: number;
  readonly versionHigh: number;
  readonly versionLow: number;
}

/** What is known of the row after the change. */
function merge(before: JsonRow | null, after: JsonRow): JsonRow {
  return after.map((value, column) => value ?? (value === null ? null : before?.[column]));
}
