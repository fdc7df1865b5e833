import type { ChangeOrigin } from "../core/change-event.ts";
import type { TableSchema } from "../core/schema.ts";
import { columnSqlType } from "../core/sql-type.ts";
import { writeUint53 } from "./digits.ts";
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

/** Makes the function that puts an event's envelope together for one definition of a table; it is valid until the next. Fields are in Canal's order. */
export function createEnvelopes(schema: TableSchema): (values: EnvelopeValues) => CanalEnvelope {
  const { columns, primaryKey } = schema;
  const shown = shownColumns(columns).map((index) => columns[index]!);
  const mysqlTypes = shown.map(
    (column) => `${JSON.stringify(column.name)}:${JSON.stringify(columnSqlType(column))}`,
  );
  const keyNames = columns.flatMap(({ name }, index) => (primaryKey.includes(index) ? [name] : []));
  const pkNames = keyNames.length === 0 ? "null" : JSON.stringify(keyNames);
  const database = Buffer.from(`],"database":${JSON.stringify(schema.database)},"es":`);
  const mysqlType = Buffer.from(`,"isDdl":false,"mysqlType":{${mysqlTypes.join(",")}},"old":`);
  const keys = `,"pkNames":${pkNames},"sql":"","sqlType":`;
  const table = `,"table":${JSON.stringify(schema.table)},"ts":`;
  const middle = new Assembly();
  const end = new Assembly();
  let gtid: string | undefined;
  let gtidPart = gtidBytes(gtid);
  let sqlTypes: string | undefined;
  let beforeTime = Buffer.alloc(0);
  return ({ origin, id, nowMs, ...values }) => {
    if (origin.gtid !== gtid) {
      gtid = origin.gtid;
      gtidPart = gtidBytes(gtid);
    }
    if (values.sqlTypes !== sqlTypes) {
      sqlTypes = values.sqlTypes;
      beforeTime = Buffer.from(`${keys}${sqlTypes}${table}`);
    }
    middle.begin().copy(database).number(origin.timestampMs).copy(gtidPart);
    return {
      middle: middle.number(id).copy(mysqlType).view(),
      end: end.begin().copy(beforeTime).number(nowMs).copy(BEFORE_TYPE).view(),
    };
  };
}

const BEFORE_TYPE = Buffer.from(',"type":');

function gtidBytes(gtid: string | undefined): Buffer {
  return Buffer.from(`,"gtid":${JSON.stringify(gtid ?? "")},"id":`);
}

/** Bytes put together from constants and numbers, again and again in the same place. */
class Assembly {
  #bytes = Buffer.allocUnsafeSlow(4096);
  #length = 0;

  begin(): this {
    this.#length = 0;
    return this;
  }

  copy(part: Buffer): this {
    const end = this.#length + part.length;
    if (end + NUMBER_BYTES > this.#bytes.length) this.#grow(end + NUMBER_BYTES);
    this.#bytes.set(part, this.#length);
    this.#length = end;
    return this;
  }

  /** A number from 0 to below 2^53, behind a part that was copied. */
  number(value: number): this {
    this.#length = writeUint53(value, this.#bytes, this.#length);
    return this;
  }

  view(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  #grow(bytes: number): void {
    const larger = Buffer.allocUnsafeSlow(2 * bytes);
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }
}

const NUMBER_BYTES = 16;
