import type { JsonRow } from "../core/json-row.ts";
import type { TableSchema } from "../core/schema.ts";
import { debeziumValue } from "./debezium-values.ts";
import {
  type ColumnText,
  logFileName,
  logPlace,
  membersOf,
  type RowChange,
  type RowFormat,
} from "./row-format.ts";

/** What Debezium's records say of who wrote them. */
export interface DebeziumFormatOptions {
  /** `source.name`, Debezium's `topic.prefix`. */
  readonly name: string;
  /** Name of the server's log files without their number. */
  readonly logBaseName: string;
  /** ms since 1970. */
  readonly now: () => number;
}

const OPERATIONS = { insert: "c", update: "u", delete: "d" } as const;

/**
 * Records as the MySQL connector of Debezium 3 writes them with its defaults and the JSON converter without schemas: `before`, `after`, `source`, `op`; a
 * deletion is followed by a tombstone (https://debezium.io/documentation/reference/stable/connectors/mysql.html).
 */
export function createDebeziumFormat(
  schema: TableSchema,
  options: DebeziumFormatOptions,
): RowFormat {
  const columns = schema.columns.map((column, index): ColumnText => ({
    index,
    name: JSON.stringify(column.name),
    convert: debeziumValue(column),
  }));
  const keyColumns = schema.primaryKey.map((index) => columns[index]!);
  const source = createSource(schema, options);
  return {
    hasTombstones: true,
    key: (row) => (keyColumns.length === 0 ? null : `{${membersOf(keyColumns, row)}}`),
    value: (change) => {
      const nowMs = options.now();
      return (
        `{"before":${image(columns, change.before)},"after":${image(columns, change.after)},"source":${source(change)},` +
        `"transaction":null,"op":"${OPERATIONS[change.operation]}",${times(nowMs, "000")}}`
      );
    },
  };
}

function image(columns: readonly ColumnText[], row: JsonRow | null): string {
  return row === null ? "null" : `{${membersOf(columns, row)}}`;
}

/** The same moment in three units: `ms`, and the three digits of µs behind them. */
function times(ms: number, rest: string): string {
  if (ms === 0) return `"ts_ms":0,"ts_us":${Number(rest)},"ts_ns":${Number(rest) * 1000}`;
  return `"ts_ms":${ms},"ts_us":${ms}${rest},"ts_ns":${ms}${rest}000`;
}

function createSource(
  { database, table }: TableSchema,
  { name, logBaseName }: DebeziumFormatOptions,
): (change: RowChange) => string {
  const begin = `{"version":"tailrace","connector":"mysql","name":${JSON.stringify(name)},"snapshot":"false","db":${JSON.stringify(database)},"sequence":null,"table":${JSON.stringify(table)},"server_id":0`;
  return (change) => {
    const { timestampMs, commitTimeUs, gtid } = change.origin;
    const { fileNumber, position } = logPlace(change);
    const microseconds = commitTimeUs || timestampMs * 1000;
    const rest = String(microseconds % 1000).padStart(3, "0");
    const file = JSON.stringify(logFileName(logBaseName, fileNumber));
    return (
      `${begin},${times(Math.floor(microseconds / 1000), rest)},"gtid":${gtid === undefined ? "null" : `"${gtid}"`},` +
      `"file":${file},"pos":${position},"row":${change.index},"thread":null,"query":null}`
    );
  };
}
