import type { ChangeOrigin } from "../core/change-event.ts";
import type { TableSchema } from "../core/schema.ts";
import { columnSqlType } from "../core/sql-type.ts";
import { shownColumns } from "./canal-types.ts";

/** What stands around the rows of a record, the same for all records of an event. */
export interface CanalEnvelope {
  /** From behind the rows to before the value of `old`. */
  readonly middle: Buffer;
  /** From behind `old` to before the value of `type`; {@link RECORD_ENDS} follows. */
  readonly end: Buffer;
}

/** What an event puts into its records' envelope. */
export interface EnvelopeValues {
  readonly origin: ChangeOrigin;
  /** Counts events up. */
  readonly id: number;
  readonly nowMs: number;
  /** JSON of the `sqlType` object. */
  readonly sqlTypes: string;
}

/** Begins every record of rows. */
export const RECORD_START: Buffer = Buffer.from('{"data":[');

/** Ends every record of rows, by operation. */
export const RECORD_ENDS = {
  insert: Buffer.from('"INSERT"}'),
  update: Buffer.from('"UPDATE"}'),
  delete: Buffer.from('"DELETE"}'),
} as const;

/** Makes the function that puts an event's envelope together for one definition of a table. Fields are in Canal's order. */
export function createEnvelopes(schema: TableSchema): (values: EnvelopeValues) => CanalEnvelope {
  const { columns, primaryKey } = schema;
  const shown = shownColumns(columns).map((index) => columns[index]!);
  const mysqlTypes = shown.map(
    (column) => `${JSON.stringify(column.name)}:${JSON.stringify(columnSqlType(column))}`,
  );
  const keyNames = columns.flatMap(({ name }, index) => (primaryKey.includes(index) ? [name] : []));
  const pkNames = keyNames.length === 0 ? "null" : JSON.stringify(keyNames);
  const database = `],"database":${JSON.stringify(schema.database)},"es":`;
  const mysqlType = `,"isDdl":false,"mysqlType":{${mysqlTypes.join(",")}},"old":`;
  const keys = `,"pkNames":${pkNames},"sql":"","sqlType":`;
  const table = `,"table":${JSON.stringify(schema.table)},"ts":`;
  return ({ origin, id, nowMs, sqlTypes }) => {
    const gtid = JSON.stringify(origin.gtid ?? "");
    return {
      middle: Buffer.from(`${database}${origin.timestampMs},"gtid":${gtid},"id":${id}${mysqlType}`),
      end: Buffer.from(`${keys}${sqlTypes}${table}${nowMs},"type":`),
    };
  };
}
