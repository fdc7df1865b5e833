import { expect, test } from "vitest";
import type { ColumnType } from "../core/schema.ts";
import { debeziumValue } from "./debezium-values.ts";
import { maxwellValue } from "./maxwell-values.ts";
import { type Geometry, toWkb, toWkt } from "./geojson-writers.ts";

const column = (type: ColumnType) => ({ name: "c", type, nullable: true });
const UNSIGNED = { kind: "integer", bytes: 8, unsigned: true } as const;
const decimal = (precision: number, scale: number) =>
  ({ kind: "decimal", precision, scale }) as const;
const datetime = (fraction: number) => ({ kind: "datetime", fraction }) as const;
const time = (fraction: number) => ({ kind: "time", fraction }) as const;
const bit = (bits: number) => ({ kind: "bit", bits }) as const;

/** The value in a document, and what Debezium Server 3.6.0 wrote of the same row of MySQL 9.7.4 (JSON texts). */
const DEBEZIUM: readonly (readonly [ColumnType, string, string])[] = [
  [UNSIGNED, "18446744073709551615", "-1"],
  [UNSIGNED, "9223372036854775807", "9223372036854775807"],
  [decimal(10, 2), "-99999999.99", '"/av0HAE="'],
  [
    decimal(65, 30),
    "12345678901234567890123456789012345.123456789012345678901234567890",
    '"HgK8HpeFi9xsuVBY80JNfTp/7HsD4maOPwrS"',
  ],
  [decimal(10, 2), "0.00", '"AA=="'],
  [decimal(6, 3), "-0.001", '"/w=="'],
  [decimal(6, 3), "1.500", '"Bdw="'],
  [decimal(6, 3), "9.125", '"I6U="'],
  [bit(1), "1", "true"],
  [bit(1), "0", "false"],
  [bit(64), "18446744073709551615", '"//////////8="'],
  [bit(64), "0", '"AAAAAAAAAAA="'],
  [{ kind: "date" }, '"2026-11-23"', "20780"],
  [{ kind: "date" }, "null", "null"],
  [time(0), '"-838:59:59"', "-3020399000000"],
  [time(6), '"12:34:56.123456"', "45296123456"],
  [time(6), '"00:00:00.000001"', "1"],
  [datetime(0), '"2026-11-23T10:20:30"', "1795429230000"],
  [datetime(6), '"2026-11-23T10:20:30.123456"', "1795429230123456"],
  [datetime(6), '"1000-01-01T00:00:00.000001"', "-30610223999999999"],
  [{ kind: "timestamp", fraction: 3 }, '"2026-11-23T10:20:31.500Z"', '"2026-11-23T10:20:31.500Z"'],
  [{ kind: "year" }, "2026", "2026"],
  [{ kind: "year" }, "0", "1900"],
  [{ kind: "set", members: ["a", "b", "c d"] }, '"a,c d"', '"a,c d"'],
  [{ kind: "json", text: false }, '{"a":"x"}', '"{\\"a\\":\\"x\\"}"'],
  [
    { kind: "geometry" },
    '{"type":"Point","coordinates":[1.5,-2.25]}',
    '{"x":1.5,"y":-2.25,"wkb":"AQEAAAAAAAAAAAD4PwAAAAAAAALA","srid":null}',
  ],
];

test.each(DEBEZIUM)("Debezium writes a %o of %s as %s", (type, document, record) => {
  expect(debeziumValue(column(type))(document)).toBe(record);
});

/** The same for Maxwell 1.45.0. */
const MAXWELL: readonly (readonly [ColumnType, string, string])[] = [
  [UNSIGNED, "18446744073709551615", "18446744073709551615"],
  [decimal(10, 2), "-99999999.99", "-99999999.99"],
  [bit(64), "18446744073709551615", "18446744073709551615"],
  [{ kind: "date" }, '"2026-11-23"', '"2026-11-23"'],
  [time(6), '"12:34:56.123456"', '"12:34:56.123456"'],
  [datetime(6), '"1000-01-01T00:00:00.000001"', '"1000-01-01 00:00:00.000001"'],
  [{ kind: "timestamp", fraction: 3 }, '"2026-11-23T10:20:31.500Z"', '"2026-11-23 10:20:31.500"'],
  [{ kind: "year" }, "0", "1900"],
  [{ kind: "set", members: ["a", "b", "c d"] }, '"a,c d"', '["a","c d"]'],
  [{ kind: "set", members: ["a", "b", "c d"] }, '""', "[]"],
  [{ kind: "json", text: false }, '{"a":[1.0]}', '{"a":[1.0]}'],
  [{ kind: "geometry" }, '{"type":"Point","coordinates":[1.5,-2.25]}', '"POINT (1.5 -2.25)"'],
];

test.each(MAXWELL)("Maxwell writes a %o of %s as %s", (type, document, record) => {
  expect(maxwellValue(column(type))(document)).toBe(record);
});

test("a decimal takes the fewest bytes that hold it with its sign", () => {
  const bytes = (text: string): string =>
    Buffer.from(debeziumValue(column(decimal(5, 0)))(text), "base64").toString("hex");
  expect(["127", "128", "-128", "-129", "255", "-1", "-256"].map(bytes)).toEqual([
    "7f",
    "0080",
    "80",
    "ff7f",
    "00ff",
    "ff",
    "ff00",
  ]);
});

test("an instant before 1970 and years before 100 are counted in the same calendar", () => {
  const date = debeziumValue(column({ kind: "date" }));
  expect(["1969-12-31", "0001-01-01", "0000-02-29"].map((day) => date(`"${day}"`))).toEqual([
    "-1",
    "-719162",
    "-719469",
  ]);
  expect(debeziumValue(column(datetime(3)))('"1969-12-31T23:59:59.999"')).toBe("-1");
  expect(debeziumValue(column(time(1)))('"-00:00:00.5"')).toBe("-500000");
});

/** `SELECT ST_AsText(g), HEX(ST_AsBinary(g))` of MySQL 9.7.4, its text spaced as the Java Topology Suite does. */
const GEOMETRIES: readonly (readonly [Geometry, string, string])[] = [
  [
    {
      type: "LineString",
      coordinates: [
        [0, 0],
        [1, 2.5],
      ],
    },
    "LINESTRING (0 0, 1 2.5)",
    "01020000000200000000000000000000000000000000000000000000000000F03F0000000000000440",
  ],
  [
    { type: "MultiPoint", coordinates: [[1, 2]] },
    "MULTIPOINT ((1 2))",
    "0104000000010000000101000000000000000000F03F0000000000000040",
  ],
  [
    {
      type: "Polygon",
      coordinates: [
        [
          [0, 0],
          [1, 0],
          [1, 1],
          [0, 0],
        ],
      ],
    },
    "POLYGON ((0 0, 1 0, 1 1, 0 0))",
    "0103000000010000000400000000000000000000000000000000000000000000000000F03F0000000000000000000000000000F03F000000000000F03F00000000000000000000000000000000",
  ],
  [
    { type: "GeometryCollection", geometries: [{ type: "Point", coordinates: [1, 2] }] },
    "GEOMETRYCOLLECTION (POINT (1 2))",
    "0107000000010000000101000000000000000000F03F0000000000000040",
  ],
  [
    { type: "GeometryCollection", geometries: [] },
    "GEOMETRYCOLLECTION EMPTY",
    "010700000000000000",
  ],
];

test.each(GEOMETRIES)("%j is well-known text %s and binary %s", (geometry, text, binary) => {
  expect(toWkt(geometry)).toBe(text);
  expect(toWkb(geometry).toString("hex").toUpperCase()).toBe(binary);
});
