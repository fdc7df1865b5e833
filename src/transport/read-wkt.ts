import { writeFloat64 } from "../binlog/values/float.ts";
import { writeGeometry } from "../binlog/values/geometry.ts";
import type { ColumnReader } from "./record-layout.ts";
import { base64Bytes } from "./read-binary.ts";
import { contentText, readText } from "./read-text.ts";

/** By the name in well-known text: GeoJSON's type, and how many levels of parentheses its coordinates have. */
const TYPES: Readonly<Record<string, { readonly type: string; readonly depth: number }>> = {
  POINT: { type: "Point", depth: 0 },
  LINESTRING: { type: "LineString", depth: 1 },
  POLYGON: { type: "Polygon", depth: 2 },
  MULTIPOINT: { type: "MultiPoint", depth: 1 },
  MULTILINESTRING: { type: "MultiLineString", depth: 2 },
  MULTIPOLYGON: { type: "MultiPolygon", depth: 3 },
};

/** Collections within collections. */
const MAX_DEPTH = 100;

/**
 * A geometry as well-known text (OGC Simple Features, `POINT (1.5 -2.25)`), Maxwell's form, or as base64 of MySQL's bytes, as GeoJSON. What is neither becomes a
 * string as it is.
 */
export const wktReader: ColumnReader = {
  read: (b, p, end, out, o) => {
    const written = new WktCopy(contentText(b, p, end), out, o).copyAll();
    if (written >= 0) return written;
    const content = base64Bytes(b, p, end);
    if (content === null || content.end === 0) return readText(b, p, end, out, o);
    return writeGeometry(content.bytes, content.start, content.end - content.start, out, o);
  },
  bound: 128,
};

/** One pass over a text. Every method that returns a boolean is false where the text is no geometry. */
class WktCopy {
  readonly #tokens: readonly string[];
  readonly #out: Buffer;
  #o: number;
  #next = 0;

  constructor(text: string, out: Buffer, o: number) {
    this.#tokens = /^[\s\w().,+-]*$/.test(text)
      ? (text.match(/[A-Za-z]+|[(),]|[-+.\d][-+.\deE]*/g) ?? [])
      : [];
    this.#out = out;
    this.#o = o;
  }

  /** The place behind the GeoJSON, -1 when the text is no geometry. */
  copyAll(): number {
    return this.#copyGeometry(0) && this.#next === this.#tokens.length ? this.#o : -1;
  }

  #copyGeometry(depth: number): boolean {
    const name = (this.#tokens[this.#next++] ?? "").toUpperCase();
    if (depth > MAX_DEPTH) return false;
    if (name === "GEOMETRYCOLLECTION" || name === "GEOMCOLLECTION") {
      this.#write('{"type":"GeometryCollection","geometries":');
      if (!this.#copyList(() => this.#copyGeometry(depth + 1))) return false;
    } else {
      const known = Object.hasOwn(TYPES, name) ? TYPES[name]! : null;
      if (known === null) return false;
      this.#write(`{"type":"${known.type}","coordinates":`);
      const isPoint = known.depth === 0;
      const isCopied = isPoint
        ? this.#take("(") && this.#copyPair() && this.#take(")")
        : this.#copyLevel(known.depth);
      if (!isCopied) return false;
    }
    this.#write("}");
    return true;
  }

  #copyLevel(depth: number): boolean {
    return this.#copyList(() => {
      if (depth > 1) return this.#copyLevel(depth - 1);
      // the points of a MULTIPOINT may have parentheses of their own
      const isWrapped = this.#take("(");
      return this.#copyPair() && (!isWrapped || this.#take(")"));
    });
  }

  #copyList(copyElement: () => boolean): boolean {
    if (this.#tokens[this.#next]?.toUpperCase() === "EMPTY") {
      this.#next += 1;
      this.#write("[]");
      return true;
    }
    if (!this.#take("(")) return false;
    this.#write("[");
    for (let isFirst = true; isFirst || this.#take(","); isFirst = false) {
      if (!isFirst) this.#write(",");
      if (!copyElement()) return false;
    }
    this.#write("]");
    return this.#take(")");
  }

  #copyPair(): boolean {
    const x = Number(this.#tokens[this.#next] ?? "x");
    const y = Number(this.#tokens[this.#next + 1] ?? "x");
    if (!Number.isFinite(x) || !Number.isFinite(y)) return false;
    this.#next += 2;
    this.#write("[");
    this.#o = writeFloat64(x, this.#out, this.#o);
    this.#write(",");
    this.#o = writeFloat64(y, this.#out, this.#o);
    this.#write("]");
    return true;
  }

  #take(token: string): boolean {
    if (this.#tokens[this.#next] !== token) return false;
    this.#next += 1;
    return true;
  }

  #write(text: string): void {
    this.#o += this.#out.write(text, this.#o, "latin1");
  }
}
