import { columnSqlType, columnType, type TypeContext } from "../binlog/column-type.ts";
import {
  createExpander,
  expandedColumns,
  hasCompressedColumns,
} from "../binlog/compressed-columns.ts";
import { ColumnTypeCode as T } from "../binlog/constants.ts";
import { createPartialImageReader, type PartialImageReader } from "../binlog/partial-image.ts";
import type { LayoutColumn } from "../binlog/column-layout.ts";
import { createBinlogLayout } from "../binlog/row-layout.ts";
import type { RowsBody } from "../binlog/rows-event.ts";
import type { MappedColumn, TableMap } from "../binlog/table-map.ts";
import type { GapCode } from "../core/change-event.ts";
import type { TableVersion } from "../core/row-layout.ts";
import type { Column, TableSchema } from "../core/schema.ts";
import { createCurrentRows, type CurrentRows } from "./current-rows.ts";
import { disagreement } from "./present-definition.ts";

/** A table as the server defines it now. */
export interface PresentTable {
  readonly schema: TableSchema;
  /** Columns whose values in the log cannot be read, with their type as the server prints it. */
  readonly unreadable: readonly { readonly column: string; readonly type: string }[];
  /** A MariaDB sequence: the log has its state as rows. */
  readonly isSequence: boolean;
}

/** A table id's meaning at this point of the log. */
export type TableEntry =
  | { readonly kind: "ignored" }
  | CapturedTable
  /** Its rows cannot be decoded. */
  | {
      readonly kind: "undecodable";
      readonly code: GapCode;
      readonly database: string;
      readonly table: string;
      readonly detail: string;
    };

/** A captured table's definition and what reads its rows. */
export interface CapturedTable {
  readonly kind: "captured";
  readonly version: TableVersion;
  readonly partial: PartialImageReader;
  /** Uncompresses COMPRESSED columns, before anything else looks at full images. */
  readonly expand: ((body: RowsBody) => RowsBody) | null;
  /** Leaves history out, in a system-versioned table. */
  readonly currentRows: CurrentRows | null;
}

/** What the log alone tells of a captured table: `binlog_row_metadata=FULL`, where no text is JSON (MySQL). */
export function entryFromLog(map: TableMap, types: TypeContext): TableEntry {
  return capture(map, { columns: mappedColumns(map, types), primaryKey: map.primaryKey ?? [] });
}

/** What the log tells, completed by the server's present definition; null when there is none any more. */
export function entryFromServer(
  map: TableMap,
  present: PresentTable | null,
  types: TypeContext,
): TableEntry {
  if (present === null ? isNamedLikeSequence(map) : present.isSequence) return { kind: "ignored" };
  const { database, table } = map;
  const undecodable = (code: GapCode, detail: string): TableEntry => ({
    kind: "undecodable",
    code,
    database,
    table,
    detail,
  });
  if (present === null && !map.named)
    return undecodable("SCHEMA_MISMATCH", "the table does not exist any more");
  const unreadable = map.columns.flatMap((column, index) => whyUnreadable(column, index, present));
  if (unreadable.length > 0) return undecodable("SCHEMA_UNREADABLE", unreadable.join("; "));
  const detail = present === null || map.named ? null : disagreement(map, present.schema, types);
  if (detail !== null) return undecodable("SCHEMA_MISMATCH", detail);
  const definition =
    present === null || map.named
      ? namedSchema(map, present?.schema ?? null, types)
      : present.schema;
  const { columns, rowEnd } = definition;
  if (rowEnd !== undefined && columns[rowEnd]?.type.kind !== "timestamp")
    return undecodable("SCHEMA_UNREADABLE", "its rows are versioned by transaction ids");
  return capture(map, definition);
}

type Definition = Pick<TableSchema, "columns" | "primaryKey" | "rowEnd">;

function capture(
  { database, table, columns: mapped }: TableMap,
  definition: Definition,
): CapturedTable {
  const { columns, primaryKey, rowEnd } = definition;
  const logged = columns.map((column, index): LayoutColumn => ({ column, mapped: mapped[index]! }));
  const isCompressed = hasCompressedColumns(logged);
  const laidOut = isCompressed ? expandedColumns(logged) : logged;
  const schema: TableSchema = {
    database,
    table,
    columns,
    primaryKey: primaryKey.filter((column) => column !== rowEnd),
    ...(rowEnd !== undefined && { rowEnd }),
  };
  return {
    kind: "captured",
    version: { schema, layout: createBinlogLayout(laidOut) },
    partial: createPartialImageReader(logged),
    expand: isCompressed ? createExpander(logged) : null,
    currentRows: rowEnd === undefined ? null : createCurrentRows(laidOut, rowEnd),
  };
}

function mappedColumns(map: TableMap, types: TypeContext): Column[] {
  return map.columns.map((column) => {
    const type = columnType(column, types);
    const sqlType = columnSqlType(column, type);
    return { name: column.name ?? "", nullable: column.nullable, type, sqlType };
  });
}

/**
 * The log's own definition, and what only the server knows: which texts are JSON, which bytes are UUIDs or addresses, which columns are the server's
 * own and which of them ends a row's time.
 */
function namedSchema(map: TableMap, present: TableSchema | null, types: TypeContext): Definition {
  const now = new Map(present?.columns.map((column) => [column.name, column]));
  const columns = mappedColumns(map, types).map((column): Column => {
    const { type, hidden, sqlType } = now.get(column.name) ?? column;
    const isRefined =
      (type.kind === "json" && column.type.kind === "text") ||
      (type.kind === "uuid" && isBinary(column, 16)) ||
      (type.kind === "inet" && isBinary(column, type.version === 4 ? 4 : 16));
    const isSame = isRefined || JSON.stringify(type) === JSON.stringify(column.type);
    return {
      ...column,
      type: isRefined ? type : column.type,
      ...(isSame && sqlType !== undefined && { sqlType }),
      ...(hidden && { hidden }),
    };
  });
  const primaryKey = map.primaryKey ?? [];
  const endName = present?.rowEnd === undefined ? undefined : present.columns[present.rowEnd]?.name;
  const rowEnd = columns.findIndex((column) => column.name === endName);
  if (rowEnd >= 0) return { columns, primaryKey, rowEnd };
  if (!endsWithImplicitPeriod(columns) || now.has(IMPLICIT_PERIOD[1]))
    return { columns, primaryKey };
  const shown = columns.length - 2;
  return {
    columns: columns.map((column, i) => (i < shown ? column : { ...column, hidden: true })),
    primaryKey,
    rowEnd: columns.length - 1,
  };
}

function isBinary({ type }: Column, fixedLength: number): boolean {
  return type.kind === "binary" && type.fixedLength === fixedLength;
}

/** Names of the columns that WITH SYSTEM VERSIONING adds to a table that names none. */
const IMPLICIT_PERIOD = ["row_start", "row_end"] as const;

/** Was the table system-versioned at that moment, by the columns that the server adds itself? */
function endsWithImplicitPeriod(columns: readonly Column[]): boolean {
  const last = columns.slice(-2);
  return IMPLICIT_PERIOD.every((name, i) => {
    const column = last[i];
    return (
      column?.name === name &&
      !column.nullable &&
      column.type.kind === "timestamp" &&
      column.type.fraction === 6
    );
  });
}

/** The columns of every sequence. */
const SEQUENCE_COLUMNS =
  "next_not_cached_value,minimum_value,maximum_value,start_value,increment,cache_size,cycle_option,cycle_count";

function isNamedLikeSequence(map: TableMap): boolean {
  return map.columns.map((column) => column.name).join(",") === SEQUENCE_COLUMNS;
}

/**
 * Temporal columns made with `mysql56_temporal_format=OFF` (MariaDB): with a fraction they have a format of their own, under the type codes of the format
 * without, and the log does not tell the fraction. So they are read only where there is none now.
 */
function whyUnreadable(
  column: MappedColumn,
  index: number,
  present: PresentTable | null,
): string[] {
  if (column.type !== T.TIME && column.type !== T.DATETIME && column.type !== T.TIMESTAMP)
    return [];
  const name = column.name ?? present?.schema.columns[index]?.name;
  const type = present?.schema.columns.find((c) => c.name === name)?.type;
  if (type !== undefined && "fraction" in type && type.fraction === 0) return [];
  const printed = present?.unreadable.find((c) => c.column === name)?.type;
  const what = `column ${name ?? index + 1}${printed === undefined ? "" : ` (${printed})`}`;
  return [`${what} was logged in the format of MariaDB 5.3, which does not tell its fraction`];
}
