/** The oracle is the server's ST_AsGeoJSON, compared as numbers, and ST_X and ST_Y; the bytes of a SELECT must give the very same document. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { writeGeometry } from "../../src/binlog/values/geometry.ts";
import { openTestDatabase, type TestDatabase } from "../support/mysql.ts";
import { recordChanges } from "../support/recorded-changes.ts";

interface Row {
  readonly id: number;
  readonly g: Buffer;
}

/** Inserts geometries by their well-known text; what their documents hold, which is what the bytes of a SELECT give. */
async function recordGeometries(
  db: TestDatabase,
  srid: number,
  texts: readonly string[],
): Promise<unknown[]> {
  await db.query("CREATE TABLE t (id INT PRIMARY KEY, g GEOMETRY)");
  const longFirst = srid === 0 ? "" : ", 'axis-order=long-lat'";
  const value = `(?, ST_GeomFromText(?, ${srid}${longFirst}))`;
  const { actions } = await recordChanges({
    url: db.url.href,
    database: db.name,
    work: async () => {
      await db.query(
        `INSERT INTO t VALUES ${texts.map(() => value).join(", ")}`,
        texts.flatMap((text, i) => [i, text]),
      );
    },
  });
  const [rows] = await db.connection.query({
    sql: "SELECT id, g FROM t ORDER BY id",
    typeCast: (field, next) => (field.name === "g" ? field.buffer() : next()),
  });
  expect(rows).toHaveLength(texts.length);
  return (rows as unknown as Row[]).map(({ id, g }) => {
    const action = actions[id]!;
    const document = action.kind === "index" ? action.document : "";
    const out = Buffer.alloc(6 * g.length + 64);
    const end = writeGeometry(g, 0, g.length, out, 0);
    expect(document).toBe(`{"id":${id},"g":${out.toString("utf8", 0, end)}}`);
    return (JSON.parse(document) as { g: unknown }).g;
  });
}

/** The server's GeoJSON of the rows. */
async function serverGeometries(db: TestDatabase): Promise<unknown[]> {
  const rows = await db.query<{ json: unknown }>(
    "SELECT ST_AsGeoJSON(g) AS json FROM t ORDER BY id",
  );
  return rows.map(({ json }) => (typeof json === "string" ? (JSON.parse(json) as unknown) : json));
}

const SHAPES = [
  "POINT(1 2)",
  "POINT(-1.5 0.1)",
  "LINESTRING(0 0, 1 1.25, 2 -2)",
  "POLYGON((0 0, 10 0, 10 10, 0 10, 0 0), (2 2, 2 4, 4 4, 4 2, 2 2))",
  "MULTIPOINT(1 2, 3 4)",
  "MULTILINESTRING((0 0, 1 1), (2 2, 3 3, 4 4))",
  "MULTIPOLYGON(((0 0, 1 0, 1 1, 0 0)), ((5 5, 9 5, 9 9, 5 5), (6 5.5, 8 6, 8 7, 6 5.5)))",
  "GEOMETRYCOLLECTION EMPTY",
  "GEOMETRYCOLLECTION(POINT(1 2), LINESTRING(0 0, 1 1), POLYGON((0 0, 1 0, 1 1, 0 0)))",
];
/** Which MariaDB does not take. */
const NESTED =
  "GEOMETRYCOLLECTION(POINT(1 2), GEOMETRYCOLLECTION(LINESTRING(0 0, 1 1), GEOMETRYCOLLECTION EMPTY))";

test.for([0, 4326])(
  "every shape of SRID %i is the GeoJSON that MySQL makes of it",
  async (srid) => {
    await using db = await openTestDatabase("mysql");
    const geometries = await recordGeometries(db, srid, [...SHAPES, NESTED]);
    expect(geometries).toEqual(await serverGeometries(db));
  },
);

test("MariaDB's geometries are the GeoJSON that it makes of them", async () => {
  await using db = await openTestDatabase("mariadb");
  const geometries = await recordGeometries(db, 0, SHAPES);
  expect(geometries).toEqual(await serverGeometries(db));
});

test("coordinates are longitude, latitude as they are stored, whatever the order of the text", async () => {
  await using db = await openTestDatabase("mysql");
  const [point] = await recordGeometries(db, 4326, ["POINT(13.4 52.5)"]);
  expect(point).toEqual({ type: "Point", coordinates: [13.4, 52.5] });
  const rows = await db.query<{ latitude: number }>("SELECT ST_Latitude(g) AS latitude FROM t");
  expect(rows[0]?.latitude).toBe(52.5);
});

test("coordinates keep every digit", async () => {
  await using db = await openTestDatabase("mysql");
  const doubles = fc.sample(fc.double({ noNaN: true, noDefaultInfinity: true }), 400);
  const points = doubles.map((x, i) => `POINT(${x} ${doubles[(i + 1) % doubles.length]!})`);
  const geometries = await recordGeometries(db, 0, points);
  // The binary protocol: the client library reads the text of a double to one bit less.
  const [rows] = await db.connection.execute(
    "SELECT ST_X(g) AS x, ST_Y(g) AS y FROM t ORDER BY id",
  );
  expect(geometries).toEqual(
    (rows as { x: number; y: number }[]).map(({ x, y }) => ({
      type: "Point",
      coordinates: [x + 0, y + 0],
    })),
  );
});
