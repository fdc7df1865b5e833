import { Cursor } from "./cursor.ts";
import { ColumnTypeCode as T } from "./constants.ts";
import { TailraceError } from "../core/errors.ts";

/** A column as a TABLE_MAP event describes it. What only `binlog_row_metadata=FULL` tells is undefined otherwise. */
export interface MappedColumn {
  /** Type code, ENUM and SET resolved out of STRING. */
  readonly type: number;
  /** The type's metadata as one number, in the layout that {@link readColumnMetadata} gives it. */
  readonly metadata: number;
  readonly nullable: boolean;
  /** Undefined when the log does not even tell signs (MariaDB's `binlog_row_metadata=NO_LOG`), and for types that have none. */
  readonly unsigned: boolean | undefined;
  /** Collation id of a character or ENUM/SET column. */
  readonly collation?: number | undefined;
  readonly name?: string | undefined;
  /** Labels of ENUM and SET, bytes in the column's character set. */
  readonly members?: readonly Buffer[] | undefined;
  /** Type of a geometry column, as in well-known binary; 0 = any. */
  readonly geometry?: number | undefined;
}

/** Whose log it is. */
export type Flavor = "mysql" | "mariadb";

/** A decoded TABLE_MAP event. */
export interface TableMap {
  readonly database: string;
  readonly table: string;
  readonly columns: readonly MappedColumn[];
  /** Indices of the primary key's columns in key order; undefined when the log does not tell. */
  readonly primaryKey?: readonly number[] | undefined;
  /** Whether the event names its columns (`binlog_row_metadata=FULL`). */
  readonly named: boolean;
}

/** Field types of the optional metadata (`Table_map_log_event::Optional_metadata_field_type`). */
const Optional = {
  SIGNEDNESS: 1,
  DEFAULT_CHARSET: 2,
  COLUMN_CHARSET: 3,
  COLUMN_NAME: 4,
  SET_STR_VALUE: 5,
  ENUM_STR_VALUE: 6,
  GEOMETRY_TYPE: 7,
  SIMPLE_PRIMARY_KEY: 8,
  PRIMARY_KEY_WITH_PREFIX: 9,
  ENUM_AND_SET_DEFAULT_CHARSET: 10,
  ENUM_AND_SET_COLUMN_CHARSET: 11,
} as const;

/** Table id of a TABLE_MAP or rows event whose body starts at `start`. */
export function readTableId(bytes: Buffer, start: number): number {
  return bytes.readUIntLE(start, 6);
}

/** The table that a TABLE_MAP is about; its columns may be of types that are not known here. */
export function readTableName(
  bytes: Buffer,
  start: number,
  end: number,
): { readonly database: string; readonly table: string } {
  return takeTableName(new Cursor(bytes, start, end));
}

/** Table id 6, flags 2, then database and table, each with its length before it (1) and a NUL behind it. */
function takeTableName(c: Cursor): { database: string; table: string } {
  c.take(8);
  const database = c.text(c.uint8());
  c.uint8();
  const table = c.text(c.uint8());
  c.uint8();
  return { database, table };
}

/** Decodes the body of a TABLE_MAP event (https://dev.mysql.com/doc/dev/mysql-server/latest/classmysql_1_1binlog_1_1event_1_1Table__map__event.html). */
export function decodeTableMap(
  bytes: Buffer,
  { start, end }: { readonly start: number; readonly end: number },
  flavor: Flavor,
): TableMap {
  const c = new Cursor(bytes, start, end);
  const { database, table } = takeTableName(c);
  const count = c.packed();
  const rawTypes = c.view(count);
  const metadataBytes = c.packed();
  const metadataStart = c.take(metadataBytes);
  const metadataCursor = new Cursor(bytes, metadataStart, metadataStart + metadataBytes);
  const nullBits = c.view((count + 7) >> 3);
  const physical = Array.from(rawTypes, (type) => readColumnMetadata(type, metadataCursor));
  const optional = decodeOptionalMetadata(c, physical, flavor);
  return {
    database,
    table,
    named: optional.names !== undefined,
    primaryKey: optional.primaryKey ?? (optional.names === undefined ? undefined : []),
    columns: physical.map((column, index) => ({
      ...column,
      nullable: (nullBits[index >> 3]! & (1 << (index & 7))) !== 0,
      unsigned: optional.unsigned.get(index),
      collation: optional.collations.get(index),
      name: optional.names?.[index],
      members: optional.members.get(index),
      geometry: optional.geometries.get(index),
    })),
  };
}

interface PhysicalColumn {
  readonly type: number;
  readonly metadata: number;
}

/**
 * Reads the metadata that belongs to a type and resolves STRING into STRING, ENUM or SET. The number means: VARCHAR, VAR_STRING, STRING: greatest
 * length in bytes (a compressed VARCHAR's with a byte more for its header); ENUM, SET: bytes of a value; BLOB, JSON, GEOMETRY, VECTOR: bytes of the
 * length prefix; NEWDECIMAL: precision << 8 | scale;
 * BIT: number of bits; TIME2, DATETIME2, TIMESTAMP2: fractional digits; otherwise 0 or unused.
 */
function readColumnMetadata(type: number, c: Cursor): PhysicalColumn {
  switch (type) {
    case T.STRING: {
      // byte 0: real type, two bits of the length inverted in bits 4 and 5; byte 1: the length's low byte
      const high = c.uint8();
      const low = c.uint8();
      if ((high & 0x30) !== 0x30)
        return { type: T.STRING, metadata: low | (((high & 0x30) ^ 0x30) << 4) };
      if (high === T.ENUM || high === T.SET) return { type: high, metadata: low };
      return { type: T.STRING, metadata: low };
    }
    case T.NEWDECIMAL: {
      const precision = c.uint8();
      return { type, metadata: (precision << 8) | c.uint8() };
    }
    case T.BIT: {
      const bits = c.uint8();
      return { type, metadata: c.uint8() * 8 + bits };
    }
    case T.ENUM:
    case T.SET: {
      c.uint8();
      return { type, metadata: c.uint8() };
    }
    case T.VARCHAR:
    case T.VAR_STRING:
    case T.MARIADB_VARCHAR_COMPRESSED:
      return { type, metadata: c.uint16() };
    case T.TIME2:
    case T.DATETIME2:
    case T.TIMESTAMP2:
    case T.FLOAT:
    case T.DOUBLE:
    case T.BLOB:
    case T.JSON:
    case T.GEOMETRY:
    case T.VECTOR:
    case T.TINY_BLOB:
    case T.MEDIUM_BLOB:
    case T.LONG_BLOB:
    case T.MARIADB_BLOB_COMPRESSED:
      return { type, metadata: c.uint8() };
    case T.TINY:
    case T.SHORT:
    case T.LONG:
    case T.INT24:
    case T.LONGLONG:
    case T.YEAR:
    case T.DATE:
    case T.NEWDATE:
    case T.TIME:
    case T.DATETIME:
    case T.TIMESTAMP:
      return { type, metadata: 0 };
    default:
      throw new TailraceError(
        "BINLOG_UNSUPPORTED",
        `Column type ${type} has no row format known to tailrace.`,
      );
  }
}

interface OptionalMetadata {
  readonly unsigned: Map<number, boolean>;
  readonly collations: Map<number, number>;
  names: string[] | undefined;
  primaryKey: number[] | undefined;
  readonly members: Map<number, Buffer[]>;
  readonly geometries: Map<number, number>;
}

function decodeOptionalMetadata(
  c: Cursor,
  columns: readonly PhysicalColumn[],
  flavor: Flavor,
): OptionalMetadata {
  // MariaDB gives geometry columns a collation too, binary
  const hasCollation = (type: number): boolean =>
    isCharacter(type) || (flavor === "mariadb" && type === T.GEOMETRY);
  const result: OptionalMetadata = {
    unsigned: new Map(),
    collations: new Map(),
    names: undefined,
    primaryKey: undefined,
    members: new Map(),
    geometries: new Map(),
  };
  const select = (test: (type: number) => boolean): number[] =>
    columns.flatMap((column, index) => (test(column.type) ? [index] : []));
  while (c.remaining > 0) {
    const field = c.uint8();
    const length = c.packed();
    const start = c.take(length);
    const f = new Cursor(c.bytes, start, start + length);
    switch (field) {
      case Optional.SIGNEDNESS: // a bit a numeric column, most significant first, set = unsigned
        select(isNumeric).forEach((column, n) => {
          if (n >> 3 < length)
            result.unsigned.set(column, (c.bytes[start + (n >> 3)]! & (0x80 >> (n & 7))) !== 0);
        });
        break;
      case Optional.DEFAULT_CHARSET:
        readDefaultCollations(f, select(hasCollation), result.collations);
        break;
      case Optional.COLUMN_CHARSET:
        for (const column of select(hasCollation)) result.collations.set(column, f.packed());
        break;
      case Optional.ENUM_AND_SET_DEFAULT_CHARSET:
        readDefaultCollations(f, select(isEnumOrSet), result.collations);
        break;
      case Optional.ENUM_AND_SET_COLUMN_CHARSET:
        for (const column of select(isEnumOrSet)) result.collations.set(column, f.packed());
        break;
      case Optional.COLUMN_NAME:
        result.names = columns.map(() => f.packedText());
        break;
      case Optional.SET_STR_VALUE:
        for (const column of select((type) => type === T.SET))
          result.members.set(column, readMembers(f));
        break;
      case Optional.ENUM_STR_VALUE:
        for (const column of select((type) => type === T.ENUM))
          result.members.set(column, readMembers(f));
        break;
      case Optional.GEOMETRY_TYPE:
        for (const column of select((type) => type === T.GEOMETRY))
          result.geometries.set(column, f.packed());
        break;
      case Optional.SIMPLE_PRIMARY_KEY:
        result.primaryKey = [];
        while (f.remaining > 0) result.primaryKey.push(f.packed());
        break;
      case Optional.PRIMARY_KEY_WITH_PREFIX:
        result.primaryKey = [];
        while (f.remaining > 0) {
          result.primaryKey.push(f.packed());
          f.packed(); // prefix length
        }
        break;
      default: // visibility, vector dimensionality: not needed to decode values
    }
  }
  return result;
}

/** One collation for all, then pairs of (ordinal among the columns concerned, collation). */
function readDefaultCollations(
  f: Cursor,
  columns: readonly number[],
  collations: Map<number, number>,
): void {
  const fallback = f.packed();
  for (const column of columns) collations.set(column, fallback);
  while (f.remaining > 0) {
    const column = columns[f.packed()];
    const collation = f.packed();
    if (column !== undefined) collations.set(column, collation);
  }
}

function readMembers(f: Cursor): Buffer[] {
  return Array.from({ length: f.packed() }, () => Buffer.from(f.view(f.packed())));
}

function isNumeric(type: number): boolean {
  switch (type) {
    case T.TINY:
    case T.SHORT:
    case T.INT24:
    case T.LONG:
    case T.LONGLONG:
    case T.NEWDECIMAL:
    case T.FLOAT:
    case T.DOUBLE:
    case T.YEAR:
      return true;
    default:
      return false;
  }
}

function isCharacter(type: number): boolean {
  switch (type) {
    case T.STRING:
    case T.VAR_STRING:
    case T.VARCHAR:
    case T.BLOB:
    case T.MARIADB_VARCHAR_COMPRESSED:
    case T.MARIADB_BLOB_COMPRESSED:
      return true;
    default:
      return false;
  }
}

function isEnumOrSet(type: number): boolean {
  return type === T.ENUM || type === T.SET;
}
