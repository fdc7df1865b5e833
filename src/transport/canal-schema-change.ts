import type { SchemaChangeEvent } from "../core/change-event.ts";

/** What the record of a statement is made of besides the event. */
export interface SchemaChangeValues {
  /** The statement, or the beginning of one too large. */
  readonly sql: string;
  readonly id: number;
  readonly nowMs: number;
}

/** A statement as Canal's `isDdl` record. */
export function schemaChangeRecord(
  event: SchemaChangeEvent,
  { sql, id, nowMs }: SchemaChangeValues,
): Buffer {
  const record = {
    data: null,
    database: event.database,
    es: event.timestampMs,
    gtid: event.gtid ?? "",
    id,
    isDdl: true,
    mysqlType: null,
    old: null,
    pkNames: null,
    sql,
    sqlType: null,
    table: event.table,
    ts: nowMs,
    type: event.type,
  };
  return Buffer.from(JSON.stringify(record));
}
