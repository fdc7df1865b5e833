import { unsupported } from "../core/column-value.ts";
import type { LayoutColumn } from "./column-layout.ts";
import { ColumnTypeCode as T } from "./constants.ts";
import * as scalar from "./values/read-scalar.ts";
import * as temporal from "./values/read-temporal.ts";
import { writeInet4, writeInet6, writeUuid } from "./values/uuid-inet.ts";

/**
 * An expression for the value of column `index`, at `p` and `l` bytes long, in its form of `ColumnValue`. Functions that it names are put into `helpers`. Throws
 * RULE_EXPRESSION_UNSUPPORTED for types that expressions do not take.
 */
export function readCode(
  { column, mapped }: LayoutColumn,
  index: number,
  helpers: Record<string, unknown>,
): string {
  const call = (
    reader: (...values: never[]) => unknown,
    ...more: readonly (string | number)[]
  ): string => {
    helpers[reader.name] = reader;
    return `${reader.name}(${["b", "p", ...more].join(", ")})`;
  };
  const made = (reader: unknown): string => {
    helpers[`read${index}`] = reader;
    return `read${index}(b, p, l)`;
  };
  const { type } = column;
  switch (type.kind) {
    case "integer":
      if (type.bytes === 8) return call(type.unsigned ? scalar.readBigUint : scalar.readBigInt);
      return smallInteger(type.bytes, type.unsigned);
    case "year":
      return "(b[p] === 0 ? 0 : 1900 + b[p])";
    case "bit":
      return call(scalar.readBit, (type.bits + 7) >> 3);
    case "decimal":
      return call(scalar.readDecimal, type.precision, type.scale);
    case "float":
      return call(scalar.readFloat);
    case "double":
      return call(scalar.readDouble);
    case "date":
      return call(temporal.readDate);
    case "time":
      return mapped.type === T.TIME
        ? call(temporal.readOldTime)
        : call(temporal.readTime, type.fraction);
    case "datetime":
      return mapped.type === T.DATETIME
        ? call(temporal.readOldDatetime)
        : call(temporal.readDatetime, type.fraction);
    case "timestamp":
      return mapped.type === T.TIMESTAMP
        ? call(temporal.readOldTimestamp)
        : call(temporal.readTimestamp, type.fraction);
    case "text":
      return made(scalar.createTextReader(type.charset));
    case "binary":
      return type.fixedLength === undefined
        ? call(scalar.readBytes, "l")
        : call(scalar.readFixedBytes, "l", type.fixedLength);
    case "enum":
      return mapped.metadata === 1 ? "b[p]" : "(b[p] | (b[p + 1] << 8))";
    case "set":
      return call(scalar.readBits, mapped.metadata);
    case "json":
      return call(type.text ? scalar.readJsonText : scalar.readJson, "l");
    case "uuid":
      return made(scalar.readPrinted(writeUuid));
    case "inet":
      return made(scalar.readPrinted(type.version === 4 ? writeInet4 : writeInet6));
    case "geometry":
    case "vector":
      return unsupported(type.kind);
  }
}

function smallInteger(bytes: number, isUnsigned: boolean): string {
  const parts = ["b[p]", "(b[p + 1] << 8)", "(b[p + 2] << 16)", "(b[p + 3] << 24)"];
  const bits = parts.slice(0, bytes).join(" | ");
  if (isUnsigned) return bytes === 4 ? `((${bits}) >>> 0)` : `(${bits})`;
  const shift = 32 - 8 * bytes;
  return shift === 0 ? `(${bits})` : `((${bits}) << ${shift} >> ${shift})`;
}
