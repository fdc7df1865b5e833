import { TailraceError } from "../core/errors.ts";
import type { ChunkTable, KeyLiterals } from "../core/load.ts";
import { type Column, tableName } from "../core/schema.ts";
import { keyLiteral } from "./key-literal.ts";
import { quoteName } from "./quote.ts";
import { selectExpression } from "./select-values.ts";

const NUMBER = /^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
const TEMPORAL = /^-?[\d:. -]+$/;
const ADDRESS = /^[\da-f:.-]+$/i;
const CHARSET = /^\w+$/;

/**
 * The expression that reads a key's column for {@link storedLiteral}: texts as the bytes that are stored, in their own character set, ENUM and SET as the
 * numbers by which they are ordered.
 */
export function keyExpression(column: Column): string {
  switch (column.type.kind) {
    case "text":
      return `CAST(${quoteName(column.name)} AS BINARY)`;
    case "enum":
    case "set":
      return `(${quoteName(column.name)} + 0)`;
    default:
      return selectExpression(column);
  }
}

/**
 * The literal that is the value which {@link keyExpression} gave: it compares as the column does, by its collation, and every stored value has one. Throws
 * SNAPSHOT_KEY_UNUSABLE for a type that no key has.
 */
export function storedLiteral(column: Column, value: Buffer): string {
  const text = value.toString("latin1");
  switch (column.type.kind) {
    case "integer":
    case "decimal":
    case "bit":
    case "year":
    case "enum":
    case "set":
      return checked(column, text, NUMBER).replace(/^0+(?=\d)/, "");
    case "float":
    case "double":
      return `(${checked(column, text, NUMBER)} + 0e0)`;
    case "date":
    case "time":
    case "datetime":
    case "timestamp":
      return `'${checked(column, text, TEMPORAL)}'`;
    case "uuid":
    case "inet":
      return `'${checked(column, text, ADDRESS)}'`;
    case "text":
      return bytesLiteral(`_${checked(column, column.type.charset, CHARSET)}`, value);
    case "binary":
      return bytesLiteral("_binary", value);
    case "json":
    case "geometry":
    case "vector":
      throw unusable(column);
  }
}

/**
 * The literals of a key that a person has written, a text for each column: numbers and dates as MySQL writes them, texts as they are, bytes as `0x…` or as
 * UTF-8. Throws CONFIG_INVALID when there are more or fewer, or one is no value of its column.
 */
export function parseKey(table: ChunkTable, values: readonly string[]): KeyLiterals {
  const columns = table.keyColumns.map((index) => table.schema.columns[index]!);
  if (columns.length !== values.length) {
    const names = columns.map(({ name }) => name).join(", ");
    throw new TailraceError(
      "CONFIG_INVALID",
      `a key of ${tableName(table.schema)} has ${columns.length} values (${names}), not ${values.length}`,
    );
  }
  return columns.map((column, i) => parseValue(column, values[i]!));
}

/** The literals of the key of a row packet of a chunk, at `bytes[start]`. */
export function keyOfRow(table: ChunkTable, bytes: Buffer, start: number): KeyLiterals {
  const last = Math.max(...table.keyColumns);
  const values: Buffer[] = [];
  let p = start + HEADER_BYTES;
  for (let index = 0; index <= last; index++) {
    const first = bytes[p++]!;
    if (first === NULL) {
      values.push(Buffer.alloc(0));
      continue;
    }
    const more = first < NULL ? 0 : first === 0xfc ? 2 : first === 0xfd ? 3 : 8;
    const length = more === 0 ? first : bytes.readUIntLE(p, Math.min(more, 6));
    p += more + length;
    values.push(bytes.subarray(p - length, p));
  }
  return table.keyColumns.map((index) => {
    const column = table.schema.columns[index]!;
    return selectedLiteral(column, values[index]!);
  });
}

const HEADER_BYTES = 4;
const NULL = 0xfb;

/** As {@link storedLiteral}, of what {@link selectExpression} gave: texts are UTF-8 there. */
function selectedLiteral(column: Column, value: Buffer): string {
  const { kind } = column.type;
  const isText = kind === "text" || kind === "enum" || kind === "set";
  return isText ? bytesLiteral("_utf8mb4", value) : storedLiteral(column, value);
}

function parseValue(column: Column, text: string): string {
  const { kind } = column.type;
  try {
    switch (kind) {
      case "integer":
      case "decimal":
      case "bit":
      case "year":
      case "double":
      case "float":
        return keyLiteral(column, text) ?? noValue(column);
      case "date":
      case "time":
      case "datetime":
      case "timestamp":
        return `'${checked(column, text.replace("T", " ").replace(/Z$/, ""), TEMPORAL)}'`;
      case "binary": {
        const isHex = /^0x(?:[\da-f]{2})*$/i.test(text);
        return bytesLiteral(
          "_binary",
          isHex ? Buffer.from(text.slice(2), "hex") : Buffer.from(text),
        );
      }
      default:
        return selectedLiteral(column, Buffer.from(text));
    }
  } catch (error) {
    if (error instanceof TailraceError) return noValue(column, error);
    throw error;
  }
}

function bytesLiteral(introducer: string, bytes: Buffer): string {
  return bytes.length === 0 ? `${introducer} ''` : `${introducer} 0x${bytes.toString("hex")}`;
}

function checked(column: Column, text: string, pattern: RegExp): string {
  if (!pattern.test(text)) throw unusable(column);
  return text;
}

function unusable(column: Column): TailraceError {
  const text = `a value of the key column ${JSON.stringify(column.name)} cannot be told to the server (${column.type.kind})`;
  return new TailraceError("SNAPSHOT_KEY_UNUSABLE", text);
}

function noValue(column: Column, cause?: TailraceError): never {
  const text = `the key column ${JSON.stringify(column.name)} (${column.type.kind}) takes no such value`;
  throw new TailraceError("CONFIG_INVALID", text, { cause });
}
