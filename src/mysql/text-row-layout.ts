import { writeBinary } from "../binlog/values/binary.ts";
import { writeGeometry } from "../binlog/values/geometry.ts";
import { writeJsonText } from "../binlog/values/json-text.ts";
import { UTF8_CHARSETS } from "../binlog/values/read-scalar.ts";
import { writeUtf8 } from "../binlog/values/text.ts";
import { writeVector } from "../binlog/values/vector.ts";
import { TailraceError } from "../core/errors.ts";
import type { RowLayout } from "../core/row-layout.ts";
import type { Column, ColumnType } from "../core/schema.ts";
import { createTextReader, readShortDecimal } from "./text-readers.ts";
import * as text from "./text-values.ts";

/** The first byte of a NULL. */
const NULL = 0xfb;
const HEADER_BYTES = 4;
/** What a value's JSON takes beyond six times its bytes: quotes, a FLOAT's digits, the brackets of geometries and vectors. */
const JSON_BOUND = 64;
/** No value of these is longer: their length is one byte. */
const SHORT_KINDS: ReadonlySet<ColumnType["kind"]> = new Set([
  ...(["integer", "decimal", "float", "double", "bit", "year", "date", "time"] as const),
  ...(["datetime", "timestamp", "uuid", "inet"] as const),
]);

/**
 * The layout of a row packet of the text protocol, of `SELECT` of each column's {@link selectExpression}: header 4 bytes, then each value as a length-encoded string, NULL as
 * 0xfb (https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_query_response_text_resultset_row.html). Packets lie one behind another.
 */
export function createTextRowLayout(columns: readonly Column[]): RowLayout {
  const helpers: Record<string, unknown> = { corrupt, longLength };
  const kindOf = (index: number): ColumnType["kind"] => columns[index]!.type.kind;
  const place = (index: number, statements: string): string =>
    `{ ${lengthSource(kindOf(index))} if (p + l > end) corrupt(); ${statements} p += l; }`;
  const layout: RowLayout = {
    columns,
    helpers,
    begin: () => `p += ${HEADER_BYTES};`,
    isNull: () => `b[p] === ${NULL}`,
    skipNull: () => "p++;",
    skip: (index) => `{ ${lengthSource(kindOf(index))} p += l; }`,
    writeJson: (index, form) => {
      if (form.dialect === "canal")
        throw new TailraceError(
          "INVARIANT_BROKEN",
          "Rows of the text protocol have documents' values only.",
        );
      const { type } = columns[index]!;
      const writer = writerOf(type);
      helpers[writer.name] = writer;
      const value = `o = ${writer.name}(b, p, l, out, o);`;
      return place(
        index,
        type.kind === "decimal" && form.decimalAsString
          ? `out[o++] = 34; ${value} out[o++] = 34;`
          : value,
      );
    },
    readValue: (index, into) => {
      helpers[`read${index}`] = createTextReader(columns[index]!.type);
      return place(index, `${into} = read${index}(b, p, l);`);
    },
    readNumber: (index, into) => {
      if (kindOf(index) !== "decimal") return layout.readValue(index, into);
      helpers["readShortDecimal"] = readShortDecimal;
      return place(index, `${into} = readShortDecimal(b, p, l);`);
    },
    noteText: (index, from, length) =>
      isUtf8(columns[index]!)
        ? `{ const start = p; ${lengthSource("text")} ${from} = p; ${length} = l; if (p + l > end) corrupt(); p = start; }`
        : null,
    // a load's rows are inserts
    sameColumns: () => null,
    jsonBound: () => JSON_BOUND,
  };
  return layout;
}

/** Every text comes as UTF-8; but what is done with places of texts is done for those that are stored so. */
function isUtf8({ type }: Column): boolean {
  return type.kind === "text" && UTF8_CHARSETS.has(type.charset);
}

/** Statements that declare the length `l` of the value at `p` and move `p` on to its bytes. */
function lengthSource(kind: ColumnType["kind"]): string {
  if (SHORT_KINDS.has(kind)) return "const l = b[p++];";
  return `let l = b[p++]; if (l > ${NULL}) { const n = l; l = longLength(b, p, n); p += n === 252 ? 2 : n === 253 ? 3 : 8; }`;
}

/** A length of 2, 3 or 8 bytes, as its first byte says. */
function longLength(b: Buffer, p: number, first: number): number {
  const low = b[p]! | (b[p + 1]! << 8);
  if (first === 0xfc) return low;
  if (first === 0xfd) return low | (b[p + 2]! << 16);
  // a value has at most 1 GiB
  return first === 0xfe ? b.readUInt32LE(p) : corrupt();
}

type Writer = (b: Buffer, p: number, length: number, out: Buffer, o: number) => number;

function writerOf(type: ColumnType): Writer {
  switch (type.kind) {
    case "integer":
    case "decimal":
    case "bit":
    case "year":
      return text.writeNumberText;
    case "float":
      return text.writeFloatText;
    case "double":
      return text.writeDoubleText;
    case "date":
    case "datetime":
      return text.writeDateText;
    case "timestamp":
      return text.writeTimestampText;
    case "time":
    case "uuid":
    case "inet":
      return text.writePlainText;
    case "text":
    case "enum":
    case "set":
      return writeUtf8;
    case "binary":
      return writeBinary;
    case "json":
      return writeJsonText;
    case "geometry":
      return writeGeometry;
    case "vector":
      return writeVector;
  }
}

function corrupt(): never {
  throw new TailraceError("SOURCE_QUERY_FAILED", "A value of a row is longer than its packet.");
}
