/**
 * Values inside JSON whose SQL type JSON does not have (`opaque` in the server's `json_binary.h`): decimals print as numbers, temporal values as
 * MySQL prints them with six fractional digits, everything else as `base64:typeNNN:…`.
 */
import { ColumnTypeCode as T } from "../constants.ts";
import { corruptValue } from "./corrupt.ts";
import { decimalSize, writeDecimal } from "./decimal.ts";

/** Nine groups of nine digits: a decimal in memory has more room in front than a DECIMAL column. */
const MAX_PRECISION = 81;
const MAX_SCALE = 30;
const PACKED_TEMPORAL_BYTES = 8;
/** The server's base64 puts a line feed after this many bytes (76 characters). */
const BASE64_LINE_BYTES = 57;

/** Writes the opaque value of column type `type` in `b[p, p + length)` as MySQL prints it. Throws BINLOG_CORRUPT. */
export function writeOpaque(
  type: number,
  b: Buffer,
  p: number,
  length: number,
  out: Buffer,
  o: number,
): number {
  switch (type) {
    case T.NEWDECIMAL:
      return writeOpaqueDecimal(b, p, length, out, o);
    case T.DATE:
    case T.TIME:
    case T.DATETIME:
    case T.TIMESTAMP: {
      if (length !== PACKED_TEMPORAL_BYTES) corruptValue("temporal value in JSON");
      return o + out.write(`"${temporalText(type, b.readBigInt64LE(p))}"`, o, "latin1");
    }
    default:
      return writeOpaqueBytes(type, b, p, length, out, o);
  }
}

/** precision (1), scale (1), then the binary format of DECIMAL. */
function writeOpaqueDecimal(b: Buffer, p: number, length: number, out: Buffer, o: number): number {
  const precision = length >= 2 ? b[p]! : 0;
  const scale = length >= 2 ? b[p + 1]! : 0;
  if (
    precision === 0 ||
    precision > MAX_PRECISION ||
    scale > MAX_SCALE ||
    scale > precision ||
    decimalSize(precision, scale) !== length - 2
  ) {
    corruptValue("decimal in JSON");
  }
  return writeDecimal(b, p + 2, precision, scale, out, o);
}

/**
 * The packed forms of the server's `my_time.cc`, from the low end: 24 bits of microseconds; 6 seconds; 6 minutes; hours, which are 5 bits in a
 * datetime; then 5 bits day and year × 13 + month. A TIME may be negative.
 */
function temporalText(type: number, packed: bigint): string {
  const size = packed < 0n ? -packed : packed;
  const fraction = Number(size & 0xff_ffffn);
  const whole = Number(size >> 24n);
  if (type === T.TIME) {
    return `${packed < 0n ? "-" : ""}${clockText(whole, fraction)}`;
  }
  const day = Math.floor(whole / 2 ** 17);
  const months = day >> 5;
  const year = Math.floor(months / 13);
  if (packed < 0n || year > 9999) corruptValue("date in JSON");
  const date = `${digits(year, 4)}-${digits(months % 13, 2)}-${digits(day & 31, 2)}`;
  return type === T.DATE ? date : `${date} ${clockText(whole % 2 ** 17, fraction)}`;
}

/** `HH:MM:SS.ffffff`; hours may have three digits. */
function clockText(clock: number, microseconds: number): string {
  const hours = Math.floor(clock / 2 ** 12);
  const minutes = (clock >> 6) & 63;
  const seconds = clock & 63;
  if (hours > 838 || minutes > 59 || seconds > 59 || microseconds > 999_999) {
    corruptValue("time in JSON");
  }
  return `${digits(hours, 2)}:${digits(minutes, 2)}:${digits(seconds, 2)}.${digits(microseconds, 6)}`;
}

function digits(value: number, width: number): string {
  return String(value).padStart(width, "0");
}

function writeOpaqueBytes(
  type: number,
  b: Buffer,
  p: number,
  length: number,
  out: Buffer,
  o: number,
): number {
  o += out.write(`"base64:type${type}:`, o, "latin1");
  const end = p + length;
  for (let line = p; line < end; line += BASE64_LINE_BYTES) {
    if (line > p) o += out.write("\\n", o, "latin1");
    const next = Math.min(line + BASE64_LINE_BYTES, end);
    o += out.write(b.toString("base64", line, next), o, "latin1");
  }
  return o + out.write('"', o, "latin1");
}
