import { ColumnTypeCode as T } from "./constants.ts";
import type { LayoutColumn, ValueCode } from "./column-layout.ts";
import { TailraceError } from "../core/errors.ts";
import type { ColumnType } from "../core/schema.ts";
import * as binary from "./values/binary.ts";
import * as bit from "./values/bit.ts";
import * as decimal from "./values/decimal.ts";
import * as enumSet from "./values/enum-set.ts";
import * as float from "./values/float.ts";
import * as geometry from "./values/geometry.ts";
import * as integer from "./values/integer.ts";
import { writeJsonText } from "./values/json-text.ts";
import { writeJson } from "./values/json.ts";
import * as temporal from "./values/temporal.ts";
import * as temporalOld from "./values/temporal-old.ts";
import { createTextWriter } from "./values/text.ts";
import * as uuidInet from "./values/uuid-inet.ts";
import * as vector from "./values/vector.ts";

/** Values of variable size: bytes beyond six times their length. */
const VARIABLE_BOUND = 64;

/**
 * How column `index` lies in a row image and which writer prints it, as source. Writers and tables that the source names are put into `helpers`.
 * Sizes are those of the manual's row image format (`Field::pack` of the server).
 */
export function valueCode(
  column: LayoutColumn,
  index: number,
  helpers: Record<string, unknown>,
): ValueCode {
  const { type, metadata } = column.mapped;
  const logical = column.column.type;
  const call = (
    writer: (...values: never[]) => number,
    ...more: readonly (string | number)[]
  ): string => {
    helpers[writer.name] = writer;
    return `${writer.name}(${["b", "p", ...more, "out", "o"].join(", ")})`;
  };
  const fixed = (fixedBytes: number, write: string, bound: number): ValueCode => ({
    fixedBytes,
    write,
    bound,
  });
  const variable = (prefixBytes: number, write: string): ValueCode => ({
    prefixBytes,
    write,
    bound: VARIABLE_BOUND,
  });

  switch (type) {
    case T.TINY:
    case T.SHORT:
    case T.INT24:
    case T.LONG:
    case T.LONGLONG:
      return integerCode(logical, call);
    case T.YEAR:
      return fixed(integer.YEAR_SIZE, call(integer.writeYear), integer.INTEGER_JSON_BOUND + 4);
    case T.NEWDECIMAL: {
      const precision = metadata >> 8;
      const scale = metadata & 0xff;
      const write = call(decimal.writeDecimal, precision, scale);
      return {
        ...fixed(
          decimal.decimalSize(precision, scale),
          write,
          decimal.DECIMAL_JSON_BOUND + precision + 4,
        ),
        decimal: true,
      };
    }
    case T.FLOAT:
      return fixed(float.FLOAT_SIZE, call(float.writeFloat), float.FLOAT_JSON_BOUND + 24);
    case T.DOUBLE:
      return fixed(float.DOUBLE_SIZE, call(float.writeDouble), float.FLOAT_JSON_BOUND + 24);
    case T.BIT:
      return fixed(bit.bitSize(metadata), call(bit.writeBit, metadata), bit.BIT_JSON_BOUND + 20);
    case T.DATE:
    case T.NEWDATE:
    case T.TIME:
    case T.DATETIME:
    case T.TIMESTAMP:
    case T.TIME2:
    case T.DATETIME2:
    case T.TIMESTAMP2:
      return temporalCode(type, metadata, call);
    case T.VARCHAR:
    case T.VAR_STRING:
    case T.STRING:
      return stringCode(logical, index, metadata > 255 ? 2 : 1, helpers);
    case T.TINY_BLOB:
    case T.MEDIUM_BLOB:
    case T.LONG_BLOB:
    case T.BLOB:
      return stringCode(logical, index, metadata, helpers);
    case T.MARIADB_VARCHAR_COMPRESSED:
      return { prefixBytes: metadata > 255 ? 2 : 1, write: null, bound: 0 };
    case T.MARIADB_BLOB_COMPRESSED:
      return { prefixBytes: metadata, write: null, bound: 0 };
    case T.ENUM:
    case T.SET: {
      const members = logical.kind === "enum" || logical.kind === "set" ? logical.members : [];
      const labels =
        type === T.ENUM ? enumSet.createEnumLabels(members) : enumSet.createSetLabels(members);
      helpers[`labels${index}`] = labels;
      return fixed(
        metadata,
        call(type === T.ENUM ? enumSet.writeEnum : enumSet.writeSet, metadata, `labels${index}`),
        labels.bound,
      );
    }
    case T.JSON:
      return variable(metadata, call(writeJson, "l"));
    case T.GEOMETRY:
      return variable(metadata, call(geometry.writeGeometry, "l"));
    case T.VECTOR:
      return variable(metadata, call(vector.writeVector, "l"));
    default:
      throw new TailraceError(
        "BINLOG_UNSUPPORTED",
        `Column type ${type} has no row format known to tailrace.`,
      );
  }
}

type Call = (
  writer: (...values: never[]) => number,
  ...more: readonly (string | number)[]
) => string;

function integerCode(type: ColumnType, call: Call): ValueCode {
  if (type.kind !== "integer")
    throw new TailraceError("INVARIANT_BROKEN", `An integer column has kind ${type.kind}.`);
  const [signed, unsigned] = INTEGER_WRITERS[type.bytes];
  return {
    fixedBytes: type.bytes,
    write: call(type.unsigned ? unsigned : signed),
    bound: integer.INTEGER_JSON_BOUND + 20,
  };
}

const INTEGER_WRITERS = {
  1: [integer.writeTiny, integer.writeTinyUnsigned],
  2: [integer.writeShort, integer.writeShortUnsigned],
  3: [integer.writeInt24, integer.writeInt24Unsigned],
  4: [integer.writeLong, integer.writeLongUnsigned],
  8: [integer.writeLongLong, integer.writeLongLongUnsigned],
} as const;

function temporalCode(type: number, fraction: number, call: Call): ValueCode {
  const bound = temporal.TEMPORAL_JSON_BOUND;
  switch (type) {
    case T.DATE:
    case T.NEWDATE:
      return { fixedBytes: temporal.DATE_SIZE, write: call(temporal.writeDate), bound };
    case T.TIME:
      return { fixedBytes: 3, write: call(temporalOld.writeOldTime), bound };
    case T.DATETIME:
      return { fixedBytes: 8, write: call(temporalOld.writeOldDatetime), bound };
    case T.TIMESTAMP:
      return { fixedBytes: 4, write: call(temporalOld.writeOldTimestamp), bound };
    case T.TIME2:
      return {
        fixedBytes: temporal.timeSize(fraction),
        write: call(temporal.writeTime, fraction),
        bound,
      };
    case T.DATETIME2:
      return {
        fixedBytes: temporal.datetimeSize(fraction),
        write: call(temporal.writeDatetime, fraction),
        bound,
      };
    default:
      return {
        fixedBytes: temporal.timestampSize(fraction),
        write: call(temporal.writeTimestamp, fraction),
        bound,
      };
  }
}

function stringCode(
  type: ColumnType,
  index: number,
  prefixBytes: number,
  helpers: Record<string, unknown>,
): ValueCode {
  const code = (write: string, bound: number = VARIABLE_BOUND): ValueCode => ({
    prefixBytes,
    write,
    bound,
  });
  if (type.kind === "text") {
    helpers[`writeText${index}`] = createTextWriter(type.charset);
    return code(`writeText${index}(b, p, l, out, o)`);
  }
  if (type.kind === "json") {
    helpers["writeJsonText"] = writeJsonText;
    return code("writeJsonText(b, p, l, out, o)");
  }
  const fixedText = fixedTextWriter(type);
  if (fixedText !== null) {
    helpers[fixedText.name] = fixedText;
    return code(`${fixedText.name}(b, p, l, out, o)`, uuidInet.UUID_INET_JSON_BOUND);
  }
  if (type.kind === "binary" && type.fixedLength !== undefined) {
    helpers["writeFixedBinary"] = binary.writeFixedBinary;
    return code(
      `writeFixedBinary(b, p, l, ${type.fixedLength}, out, o)`,
      binary.fixedBinaryJsonBound(type.fixedLength),
    );
  }
  helpers["writeBinary"] = binary.writeBinary;
  return code("writeBinary(b, p, l, out, o)", VARIABLE_BOUND + binary.BINARY_JSON_BOUND);
}

function fixedTextWriter(type: ColumnType): typeof uuidInet.writeUuid | null {
  if (type.kind === "uuid") return uuidInet.writeUuid;
  if (type.kind !== "inet") return null;
  return type.version === 4 ? uuidInet.writeInet4 : uuidInet.writeInet6;
}
