/**
 * Spatial values as GeoJSON geometries (RFC 7946). A value is the SRID (4 bytes) and well-known binary
 * (https://dev.mysql.com/doc/refman/9.7/en/gis-data-formats.html); its coordinates are x, y, which in geographic systems is longitude,
 * latitude whatever order the system's text form has:
 *
 *     geometry         = byte-order (1) type (4) content                 byte-order 0 = big-endian, 1 = little-endian
 *     point            = x (8) y (8)
 *     line string      = count (4) point*
 *     polygon          = count (4) line-string*
 *     multi…, collection = count (4) geometry*
 */
import { writeBinary } from "./binary.ts";
import { writeFloat64 } from "./float.ts";

/**
 * Writes the spatial value in `b[p, p + length)` as a GeoJSON geometry at `out[o…]` and returns the new `o`. No bytes at all (the implicit
 * default of NOT NULL) are `null`. Bytes that are no geometry, which MariaDB and MySQL 5.7 let into a column, are written as a base64 string, so
 * that the row goes on and an index of shapes rejects it with a reason. Writes at most 6 × length + 64 bytes.
 */
export function writeGeometry(
  b: Buffer,
  p: number,
  length: number,
  out: Buffer,
  o: number,
): number {
  if (length === 0) return o + out.write("null", o, "latin1");
  const copy = new GeometryCopy(b, p + SRID_BYTES, p + length, out, o);
  return copy.copyAll() ? copy.o : writeBinary(b, p, length, out, o);
}

const SRID_BYTES = 4;
const HEADER_BYTES = 5;
const COUNT_BYTES = 4;
const POINT_BYTES = 16;
/** Collections within collections. */
const MAX_DEPTH = 500;

const POINT = 1;
const LINE_STRING = 2;
const POLYGON = 3;
const MULTI_POINT = 4;
const MULTI_LINE_STRING = 5;
const MULTI_POLYGON = 6;
const COLLECTION = 7;

/** What stands before the coordinates or the members, by type. */
const OPENINGS: readonly Buffer[] = [
  "",
  '{"type":"Point","coordinates":',
  '{"type":"LineString","coordinates":',
  '{"type":"Polygon","coordinates":',
  '{"type":"MultiPoint","coordinates":',
  '{"type":"MultiLineString","coordinates":',
  '{"type":"MultiPolygon","coordinates":',
  '{"type":"GeometryCollection","geometries":',
].map((text) => Buffer.from(text));

/** One pass over a geometry. Every method that returns a boolean is false where the bytes are no geometry. */
class GeometryCopy {
  /** Behind what has been written. */
  o: number;
  readonly #b: Buffer;
  readonly #end: number;
  readonly #out: Buffer;
  #p: number;
  #isLittle = true;

  constructor(b: Buffer, p: number, end: number, out: Buffer, o: number) {
    this.#b = b;
    this.#p = p;
    this.#end = end;
    this.#out = out;
    this.o = o;
  }

  copyAll(): boolean {
    return this.#copyGeometry(0) && this.#p === this.#end;
  }

  #copyGeometry(depth: number): boolean {
    const type = this.#readHeader();
    if (type < POINT || type > COLLECTION || depth > MAX_DEPTH) return false;
    this.o += OPENINGS[type]!.copy(this.#out, this.o);
    if (type === COLLECTION) {
      if (!this.#copyList(HEADER_BYTES, () => this.#copyGeometry(depth + 1))) return false;
    } else if (!this.#copyCoordinates(type)) {
      return false;
    }
    this.#out[this.o++] = 0x7d;
    return true;
  }

  /** The coordinates of a geometry whose header has been read. */
  #copyCoordinates(type: number): boolean {
    switch (type) {
      case POINT:
        return this.#copyPoint();
      case LINE_STRING:
        return this.#copyList(POINT_BYTES, () => this.#copyPoint());
      case POLYGON:
        return this.#copyList(COUNT_BYTES, () => this.#copyCoordinates(LINE_STRING));
      case MULTI_POINT:
        return this.#copyMembers(POINT);
      case MULTI_LINE_STRING:
        return this.#copyMembers(LINE_STRING);
      default:
        return type === MULTI_POLYGON && this.#copyMembers(POLYGON);
    }
  }

  /** Geometries of one type, each with a header of its own. */
  #copyMembers(type: number): boolean {
    return this.#copyList(
      HEADER_BYTES,
      () => this.#readHeader() === type && this.#copyCoordinates(type),
    );
  }

  /** A count, then as many elements of at least `leastBytes`, as a JSON array. */
  #copyList(leastBytes: number, copyElement: () => boolean): boolean {
    const count = this.#readUint32();
    if (count < 0 || count * leastBytes > this.#end - this.#p) return false;
    this.#out[this.o++] = 0x5b;
    for (let i = 0; i < count; i++) {
      if (i > 0) this.#out[this.o++] = 0x2c;
      if (!copyElement()) return false;
    }
    this.#out[this.o++] = 0x5d;
    return true;
  }

  #copyPoint(): boolean {
    if (this.#p + POINT_BYTES > this.#end) return false;
    const x = this.#readDouble();
    const y = this.#readDouble();
    if (!Number.isFinite(x) || !Number.isFinite(y)) return false;
    this.#out[this.o++] = 0x5b;
    this.o = writeFloat64(x, this.#out, this.o);
    this.#out[this.o++] = 0x2c;
    this.o = writeFloat64(y, this.#out, this.o);
    this.#out[this.o++] = 0x5d;
    return true;
  }

  /** The byte order from now on and the type; -1 when there is none. */
  #readHeader(): number {
    if (this.#p + HEADER_BYTES > this.#end || this.#b[this.#p]! > 1) return -1;
    this.#isLittle = this.#b[this.#p++] === 1;
    return this.#readUint32();
  }

  /** -1 when the bytes end before. */
  #readUint32(): number {
    if (this.#p + 4 > this.#end) return -1;
    const at = this.#p;
    this.#p += 4;
    return this.#isLittle ? this.#b.readUInt32LE(at) : this.#b.readUInt32BE(at);
  }

  #readDouble(): number {
    const at = this.#p;
    this.#p += 8;
    return this.#isLittle ? this.#b.readDoubleLE(at) : this.#b.readDoubleBE(at);
  }
}
