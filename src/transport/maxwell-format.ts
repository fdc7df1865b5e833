import { randomUUID } from "node:crypto";
import type { JsonRow } from "../core/json-row.ts";
import type { TableSchema } from "../core/schema.ts";
import { maxwellValue } from "./maxwell-values.ts";
import {
  type ColumnText,
  logFileName,
  logPlace,
  membersOf,
  type RowChange,
  type RowFormat,
} from "./row-format.ts";

/** What Maxwell's records say of where they come from. */
export interface MaxwellFormatOptions {
  /** Name of the server's log files without their number. */
  readonly logBaseName: string;
}

/**
 * Records as Maxwell writes them with `output_binlog_position` and `output_primary_keys` (https://maxwells-daemon.io/dataformat): the row as `data`, of
 * an update the columns that it changed, as they were, as `old`.
 */
export function createMaxwellFormat(schema: TableSchema, options: MaxwellFormatOptions): RowFormat {
  const columns = schema.columns.map((column, index): ColumnText => ({
    index,
    name: JSON.stringify(column.name),
    convert: maxwellValue(column),
  }));
  const keyColumns = schema.primaryKey.map((index) => columns[index]!);
  const namedKeys = schema.primaryKey.map((index) => ({
    ...columns[index]!,
    name: JSON.stringify(`pk.${schema.columns[index]!.name.toLowerCase()}`),
  }));
  const table = `{"database":${JSON.stringify(schema.database)},"table":${JSON.stringify(schema.table)}`;
  return {
    hasTombstones: false,
    key: (row) =>
      namedKeys.length === 0
        ? `${table},"_uuid":"${randomUUID()}"}`
        : `${table},${membersOf(namedKeys, row)}}`,
    value: (change) => {
      const row = (change.after ?? change.before)!;
      const { fileNumber, position } = logPlace(change);
      const place = `${logFileName(options.logBaseName, fileNumber)}:${position}`;
      return (
        `${table},"type":"${change.operation}","ts":${seconds(change)},"position":${JSON.stringify(place)},` +
        `"primary_key":[${keyColumns.map((column) => value(column, row)).join(",")}],"data":{${membersOf(columns, row)}}${old(columns, change)}}`
      );
    },
  };
}

function value({ index, convert }: ColumnText, row: JsonRow): string {
  const text = row[index];
  return typeof text === "string" ? convert(text) : "null";
}

function seconds({ origin }: RowChange): number {
  return Math.floor((origin.timestampMs || origin.commitTimeUs / 1000) / 1000);
}

/** The columns that an update changed, as they were. */
function old(columns: readonly ColumnText[], { before, after }: RowChange): string {
  if (before === null || after === null) return "";
  const changed = columns.filter(({ index }) => before[index] !== after[index]);
  return `,"old":{${membersOf(changed, before)}}`;
}
