/**
 * GeoJSON geometries (RFC 7946), which documents hold, as the well-known binary and text of OGC Simple Features: what Debezium and Maxwell write.
 *
 *     geometry         = byte-order (1) = 1, little-endian; type (4) content
 *     point            = x (8) y (8)
 *     line string      = count (4) point*
 *     polygon          = count (4) line-string*
 *     multi…, collection = count (4) geometry*
 */

/** A geometry as GeoJSON has it; MySQL's have two dimensions. */
export type Geometry =
  | { readonly type: "Point"; readonly coordinates: Position }
  | { readonly type: "LineString" | "MultiPoint"; readonly coordinates: readonly Position[] }
  | {
      readonly type: "Polygon" | "MultiLineString";
      readonly coordinates: readonly (readonly Position[])[];
    }
  | {
      readonly type: "MultiPolygon";
      readonly coordinates: readonly (readonly (readonly Position[])[])[];
    }
  | { readonly type: "GeometryCollection"; readonly geometries: readonly Geometry[] };

type Position = readonly [x: number, y: number];

const TYPES = {
  Point: 1,
  LineString: 2,
  Polygon: 3,
  MultiPoint: 4,
  MultiLineString: 5,
  MultiPolygon: 6,
  GeometryCollection: 7,
} as const;
const LITTLE_ENDIAN = 1;

/** The geometry as well-known binary, little-endian. */
export function toWkb(geometry: Geometry): Buffer {
  return Buffer.concat([header(geometry.type), ...content(geometry)]);
}

function content(geometry: Geometry): Buffer[] {
  switch (geometry.type) {
    case "Point":
      return [point(geometry.coordinates)];
    case "LineString":
      return list(geometry.coordinates, point);
    case "Polygon":
      return list(geometry.coordinates, ring);
    case "MultiPoint":
      return list(geometry.coordinates, (coordinates) => toWkb({ type: "Point", coordinates }));
    case "MultiLineString":
      return list(geometry.coordinates, (coordinates) =>
        toWkb({ type: "LineString", coordinates }),
      );
    case "MultiPolygon":
      return list(geometry.coordinates, (coordinates) => toWkb({ type: "Polygon", coordinates }));
    case "GeometryCollection":
      return list(geometry.geometries, toWkb);
  }
}

function header(type: Geometry["type"]): Buffer {
  const bytes = Buffer.alloc(5, LITTLE_ENDIAN);
  bytes.writeUInt32LE(TYPES[type], 1);
  return bytes;
}

function point([x, y]: Position): Buffer {
  const bytes = Buffer.alloc(16);
  bytes.writeDoubleLE(x, 0);
  bytes.writeDoubleLE(y, 8);
  return bytes;
}

function ring(positions: readonly Position[]): Buffer {
  return Buffer.concat(list(positions, point));
}

function list<T>(items: readonly T[], write: (item: T) => Buffer): Buffer[] {
  const count = Buffer.alloc(4);
  count.writeUInt32LE(items.length);
  return [count, ...items.map(write)];
}

/** The geometry as well-known text, in the form of the Java Topology Suite: `POINT (1.5 -2.25)`. */
export function toWkt(geometry: Geometry): string {
  switch (geometry.type) {
    case "Point":
      return `POINT (${pair(geometry.coordinates)})`;
    case "LineString":
      return `LINESTRING ${pairs(geometry.coordinates)}`;
    case "Polygon":
      return `POLYGON ${texts(geometry.coordinates, pairs)}`;
    case "MultiPoint":
      return `MULTIPOINT ${texts(geometry.coordinates, (position) => `(${pair(position)})`)}`;
    case "MultiLineString":
      return `MULTILINESTRING ${texts(geometry.coordinates, pairs)}`;
    case "MultiPolygon":
      return `MULTIPOLYGON ${texts(geometry.coordinates, (rings) => texts(rings, pairs))}`;
    case "GeometryCollection":
      return `GEOMETRYCOLLECTION ${texts(geometry.geometries, toWkt)}`;
  }
}

function pair([x, y]: Position): string {
  return `${x} ${y}`;
}

function pairs(positions: readonly Position[]): string {
  return texts(positions, pair);
}

function texts<T>(items: readonly T[], write: (item: T) => string): string {
  return items.length === 0 ? "EMPTY" : `(${items.map(write).join(", ")})`;
}
