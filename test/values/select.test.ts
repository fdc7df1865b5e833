/**
 * What `scalars.test.ts` leaves to others, seen from SELECT: texts, structured values and columns that `SELECT *` hides have the same JSON as in row
 * images. What that JSON must be is the business of the other tests here.
 */
import { describe, test } from "vitest";
import { expectSameValues, type Probe } from "./expect-same-values.ts";

const ASCII = [
  "''",
  "'plain'",
  "'\"q\" \\\\ / <b>'",
  "'it''s'",
  "' two  spaces  '",
  "'\\n\\t\\0\\r'",
];
const CONTROLS = ["X'01021f7f'", "X'080c0b1b'"];

function text(type: string, words: readonly string[], controls = CONTROLS): Probe {
  return {
    type,
    values: ["NULL", ...ASCII, ...words.map((word) => `'${word}'`), ...controls],
    expected: "elsewhere",
  };
}

const SHARED_CHARSETS = [
  ["latin1", "café €"],
  ["latin2", "żółw"],
  ["cp1251", "ключ"],
  ["koi8r", "ключ"],
  ["greek", "κλειδί"],
  ["gbk", "钥匙"],
  ["big5", "鑰匙"],
  ["sjis", "鍵カギ"],
  ["cp932", "鍵①"],
  ["ujis", "鍵カギ"],
  ["euckr", "열쇠"],
  ["utf8mb3", "ключ 鍵"],
  ["utf8mb4", "ключ 鍵 🗝️"],
] as const;
/** Character sets of more than one byte for a control character. */
const WIDE_CHARSETS = ["ucs2", "utf16", "utf16le", "utf32"] as const;

describe.each(["mysql", "mariadb"] as const)("on %s, row images and SELECT agree on", (server) => {
  test("texts in many character sets", async () => {
    await expectSameValues(server, [
      ...SHARED_CHARSETS.map(([charset, word]) =>
        text(`VARCHAR(40) CHARACTER SET ${charset}`, [word]),
      ),
      ...WIDE_CHARSETS.map((charset) =>
        text(`VARCHAR(40) CHARACTER SET ${charset}`, ["ключ 鍵"], []),
      ),
      text("CHAR(40)", ["ключ 🗝️"]),
      text("VARCHAR(40) COLLATE utf8mb4_bin", ["ключ 🗝️"]),
      text("TINYTEXT", ["ключ 🗝️"]),
      text("LONGTEXT CHARACTER SET latin1", ["naïve"]),
    ]);
  });

  test("JSON", async () => {
    await expectSameValues(server, [
      {
        type: "JSON",
        values: [
          "NULL",
          "'null'",
          "'[]'",
          "'{}'",
          '\'{"b": 1, "a": [true, false, null, -1.50, 1e300, "x\\\\ny", "ключ"], "": {}}\'',
          "'18446744073709551615'",
          "'-9223372036854775808'",
          "'1.0'",
        ],
        expected: "elsewhere",
      },
    ]);
  });

  test("spatial values", async () => {
    const shapes = [
      "POINT(4.5 -52.25)",
      "LINESTRING(0 0,1 1,2 0.1)",
      "POLYGON((0 0,4 0,4 4,0 4,0 0),(1 1,2 1,2 2,1 1))",
      "MULTIPOINT(0 0,1 1)",
      "GEOMETRYCOLLECTION(POINT(1 2),LINESTRING(0 0,1 1))",
    ];
    const values = ["NULL", ...shapes.map((shape) => `ST_GeomFromText('${shape}')`)];
    await expectSameValues(server, [
      { type: "GEOMETRY", values, expected: "elsewhere" },
      { type: "POINT", values: values.slice(0, 2), expected: "elsewhere" },
    ]);
  });

  test("generated and invisible columns", async () => {
    const asText = (c: string): string => `CAST(${c} AS CHAR)`;
    await expectSameValues(server, [
      { type: "INT AS (id * 2) STORED", values: ["DEFAULT"], expected: asText },
      { type: "INT AS (id * 3) VIRTUAL", values: ["DEFAULT"], expected: asText },
      { type: "INT INVISIBLE", values: ["7", "NULL", "-1"], expected: asText },
    ]);
  });
});

test("on mysql, row images and SELECT agree on vectors", async () => {
  await expectSameValues("mysql", [
    {
      type: "VECTOR(3)",
      values: ["NULL", "TO_VECTOR('[0.1,-2,3.5e10]')", "TO_VECTOR('[0.333333343,1e-30,16777216]')"],
      expected: "elsewhere",
    },
  ]);
});

test("on mysql, row images and SELECT agree on spatial values with a reference system", async () => {
  await expectSameValues("mysql", [
    {
      type: "POINT SRID 4326",
      values: ["ST_SRID(POINT(4.35, 50.85), 4326)", "NULL"],
      expected: "elsewhere",
    },
  ]);
});
