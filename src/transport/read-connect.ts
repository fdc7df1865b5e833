/** Values in the forms of Kafka Connect and Debezium that no other format has. What has not the form expected becomes a string, or goes to a plainer reader. */
import { writeUint64 } from "../binlog/values/integer.ts";
import { writeGeometry } from "../binlog/values/geometry.ts";
import { createJsonMembers } from "./json-members.ts";
import { Ascii } from "./json-scanner.ts";
import type { ColumnReader } from "./record-layout.ts";
import { base64Bytes } from "./read-binary.ts";
import { decimalReader, integerReader, placePoint, readInteger } from "./read-numbers.ts";
import { contentText, readText } from "./read-text.ts";

const NUMBER_BOUND = 32;

/** Two's complement, big-endian, as a number. */
function signedInteger(bytes: Buffer, start: number, end: number): bigint {
  if (start === end) return 0n;
  return BigInt.asIntN(8 * (end - start), BigInt(`0x${bytes.toString("hex", start, end)}`));
}

/** What a DECIMAL given as a string is: `base64` = its unscaled value in two's complement, `text` = a number's text, `either` = whichever it looks like. */
export type DecimalForm = "base64" | "text" | "either";

/** No DECIMAL has more bytes. */
const MAX_DECIMAL_BYTES = 40;

/**
 * A DECIMAL. With `either`, digits alone are a text: as base64 they would be a negative number of a rare kind; but once a column has shown base64 that is no number it
 * is always that.
 */
export function connectDecimalReader(scale: number, form: DecimalForm): ColumnReader {
  const text = decimalReader(scale);
  let isBase64 = form === "base64";
  return {
    read: (b, p, end, out, o) => {
      if (b[p] !== Ascii.QUOTE || form === "text") return text.read(b, p, end, out, o);
      if (!isBase64 && /^[-+]?[\d.]+(?:[eE][-+]?\d+)?$/.test(contentText(b, p, end)))
        return text.read(b, p, end, out, o);
      const content = base64Bytes(b, p, end);
      if (content === null || content.end - content.start > MAX_DECIMAL_BYTES)
        return readText(b, p, end, out, o);
      isBase64 = true;
      const value = signedInteger(content.bytes, content.start, content.end);
      const digits = (value < 0n ? -value : value).toString();
      return o + out.write(placePoint(value < 0n, digits, scale, scale), o, "latin1");
    },
    bound: text.bound + 64,
  };
}

/** An integer of `bits` bits, unsigned: negative ones, which are too large for their type's signed form, get their value back. Strings are base64 of a Decimal. */
export function unsignedReader(bits: number): ColumnReader {
  return {
    read: (b, p, end, out, o) => {
      if (b[p] === Ascii.QUOTE) {
        const content = base64Bytes(b, p, end);
        if (content === null || content.end - content.start > MAX_DECIMAL_BYTES)
          return readText(b, p, end, out, o);
        const value = signedInteger(content.bytes, content.start, content.end);
        return o + out.write(String(value), o, "latin1");
      }
      const to = readInteger(b, p, end, out, o);
      if (out[o] !== Ascii.MINUS) return to;
      const value = BigInt.asUintN(bits, BigInt(out.toString("latin1", o, to)));
      return o + out.write(String(value), o, "latin1");
    },
    bound: NUMBER_BOUND + 64,
  };
}

/** A BIT: a boolean, a number, or base64 of its bytes, the lowest first (`io.debezium.data.Bits`). */
export const bitsReader: ColumnReader = {
  read: (b, p, end, out, o) => {
    if (b[p] !== Ascii.QUOTE) return integerReader.read(b, p, end, out, o);
    const content = base64Bytes(b, p, end);
    if (content === null || content.end - content.start > 8) return readText(b, p, end, out, o);
    const { bytes, start } = content;
    let low = 0;
    let high = 0;
    for (let i = start; i < content.end; i++) {
      const place = i - start;
      if (place < 4) low |= bytes[i]! << (8 * place);
      else high |= bytes[i]! << (8 * place - 32);
    }
    return writeUint64(low, high, out, o);
  },
  bound: NUMBER_BOUND,
};

const SRID_BYTES = 4;
let wkbScratch = Buffer.alloc(4096);

/** A geometry as an object with its well-known binary in base64 (`io.debezium.data.geometry.Geometry`). */
export const connectGeometryReader: ColumnReader = {
  read: (b, p, end, out, o) => {
    if (b[p] !== Ascii.OPEN_OBJECT) return readText(b, p, end, out, o);
    GEOMETRY.read(b, p, end);
    const start = GEOMETRY.start("wkb");
    const wkb = start < 0 ? null : base64Bytes(b, start, GEOMETRY.end("wkb"));
    if (wkb === null) return readText(b, p, end, out, o);
    const length = wkb.end - wkb.start;
    if (wkbScratch.length < SRID_BYTES + length)
      wkbScratch = Buffer.alloc(2 * (SRID_BYTES + length));
    wkb.bytes.copy(wkbScratch, SRID_BYTES, wkb.start, wkb.end);
    return writeGeometry(wkbScratch, 0, SRID_BYTES + length, out, o);
  },
  bound: 128,
};

const GEOMETRY = createJsonMembers(["wkb", "srid"]);
