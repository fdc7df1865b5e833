/** Types and attributes that only MariaDB has: row image, SELECT and the server's own text agree. */
import fc from "fast-check";
import { test } from "vitest";
import { startService } from "../../scripts/services/start-service.ts";
import { expectSameValues, type Probe } from "./expect-same-values.ts";

/** Random values, the same in every run. */
function sample<Value>(arbitrary: fc.Arbitrary<Value>, numRuns: number): Value[] {
  return fc.sample(arbitrary, { seed: 20261123, numRuns });
}

function hex(bytes: Uint8Array): string {
  return `X'${Buffer.from(bytes).toString("hex")}'`;
}

/** What the server prints, as JSON. */
function quoted(c: string): string {
  return `CONCAT('"', ${c}, '"')`;
}

const bytes16 = fc.uint8Array({ minLength: 16, maxLength: 16 });
/** Many zero words, in every place. */
const words16 = fc
  .array(fc.constantFrom(0, 0, 0, 1, 0x0100, 0xffff, 0x0db8), { minLength: 8, maxLength: 8 })
  .map((words) => Uint8Array.from(words.flatMap((word) => [word >> 8, word & 0xff])));

test("UUID of every version and variant", async () => {
  const versions = Array.from({ length: 16 }, (_, version) =>
    [0x00, 0x70, 0x80, 0xc0, 0xe0].map(
      (variant) =>
        `00112233-4455-${version.toString(16)}677-${variant.toString(16).padStart(2, "0")}99-aabbccddee00`,
    ),
  ).flat();
  // the server refuses these
  const valid = versions.filter((text) => !(text[14]! >= "8" && text[19]! < "8"));
  const values = [
    "NULL",
    "'00000000-0000-0000-0000-000000000000'",
    ...valid.map((text) => `'${text}'`),
    ...sample(bytes16, 40).flatMap((bytes) =>
      bytes[6]! >= 0x80 && bytes[8]! < 0x80 ? [] : [hex(bytes)],
    ),
  ];
  await expectSameValues("mariadb", [{ type: "UUID", values, expected: quoted }]);
});

test("INET6 and INET4", async () => {
  const special = ["::", "::1", "1::", "::ffff:10.0.0.1", "::10.0.0.1", "::1:0", "2001:db8::ff00"];
  await expectSameValues("mariadb", [
    {
      type: "INET6",
      values: [
        "NULL",
        ...special.map((text) => `'${text}'`),
        ...sample(words16, 200).map(hex),
        ...sample(bytes16, 20).map(hex),
      ],
      expected: quoted,
    },
    {
      type: "INET4",
      values: ["NULL", "'0.0.0.0'", "'255.255.255.255'", "'10.0.0.0'", "'1.20.0.255'"],
      expected: quoted,
    },
  ]);
});

const TEXTS = [
  "NULL",
  "''",
  "'a'",
  "'ключ 🗝️'",
  "REPEAT('abc ', 24)",
  "REPEAT('z', 100)",
  "REPEAT('é', 120)",
  "REPEAT('\\n\"', 60)",
];
/** One that cannot be compressed, and one that can very much. */
const LARGE = ["REPEAT(X'00', 60000)", `CONCAT(${sample(bytes16, 40).map(hex).join(", ")})`];

function compressed(type: string, values: readonly string[], charset = ""): Probe {
  return { type: `${type} COMPRESSED ${charset}`, values, expected: "elsewhere" };
}

test.each([
  ["as it is by default", ""],
  ["with zlib's header and check", "SET SESSION column_compression_zlib_wrap = ON"],
  ["stored only", "SET SESSION column_compression_zlib_level = 0"],
  ["of every value", "SET SESSION column_compression_threshold = 0"],
])("compressed columns, %s", async (_, setting) => {
  await expectSameValues(
    "mariadb",
    [
      compressed("VARCHAR(200)", TEXTS),
      compressed(
        "VARCHAR(20)",
        ["NULL", "''", "'naïve'", "REPEAT('x', 20)"],
        "CHARACTER SET latin1",
      ),
      compressed("TINYTEXT", TEXTS.slice(0, 4)),
      compressed("LONGTEXT", TEXTS),
      compressed("VARBINARY(1000)", ["NULL", "''", "X'00'", "REPEAT(X'ff00', 300)", LARGE[1]!]),
      compressed("BLOB", ["NULL", "''", "X'8a01f4'", ...LARGE]),
      { type: "INT", values: ["NULL", "5"], expected: (c) => `CAST(${c} AS CHAR)` },
      compressed("MEDIUMTEXT", TEXTS.slice(0, 7), "CHARACTER SET ucs2"),
    ],
    setting,
  );
});

test("texts beside other columns that have a collation", async () => {
  const word = "ключ";
  await expectSameValues("mariadb", [
    { type: "POINT", values: ["NULL"], expected: "elsewhere" },
    { type: "VARCHAR(9) CHARACTER SET cp1251", values: [`'${word}'`], expected: quoted },
    { type: "UUID", values: ["NULL"], expected: "elsewhere" },
    { type: "CHAR(9) CHARACTER SET koi8r", values: [`'${word}'`], expected: quoted },
    { type: "POLYGON REF_SYSTEM_ID = 4326", values: ["NULL"], expected: "elsewhere" },
    { type: "TEXT CHARACTER SET utf16", values: [`'${word}'`], expected: quoted },
    { type: "VARCHAR(9) COMPRESSED CHARACTER SET latin1", values: ["'é'"], expected: quoted },
    {
      type: "JSON",
      values: ["'[1, 2.50]'", "NULL"],
      expected: (c) => `IFNULL(JSON_COMPACT(${c}), 'null')`,
    },
  ]);
});

test("ENUM, SET and BIT", async () => {
  await expectSameValues("mariadb", [
    { type: "ENUM('x','ж') CHARACTER SET ucs2", values: ["'ж'", "'x'"], expected: quoted },
    {
      type: "SET('a','ж','ü') CHARACTER SET utf8mb4",
      values: ["''", "'a,ü'", "'ж'"],
      expected: quoted,
    },
    {
      type: "SET('ключ','b') CHARACTER SET koi8r",
      values: ["'b,ключ'", "NULL"],
      expected: (c) => `IFNULL(${quoted(c)}, 'null')`,
    },
    {
      type: "BIT(12)",
      values: ["b'101010101010'", "0", "NULL"],
      expected: (c) => `IFNULL(CAST(${c} + 0 AS CHAR), 'null')`,
    },
    { type: "BIT(64)", values: ["X'ffffffffffffffff'"], expected: (c) => `CAST(${c} + 0 AS CHAR)` },
  ]);
});

test("JSON is compact, and text where it is none", async () => {
  const values = [
    "NULL",
    '\'{ "b" : [ 1 , 2.50e3, null ] , "a" : "x y" }\'',
    "'\"\\\\u00e9 é\"'",
    "'not json'",
    "'{\"a\": 1'",
    "''",
  ];
  await expectSameValues(
    "mariadb",
    [
      { type: "JSON", values, expected: "elsewhere" },
      {
        type: "LONGTEXT CHARACTER SET latin1 CHECK (JSON_VALID(c1))",
        values,
        expected: "elsewhere",
      },
      { type: "TEXT COMPRESSED CHECK (JSON_VALID(c2))", values, expected: "elsewhere" },
    ],
    "SET SESSION check_constraint_checks = OFF",
  );
});

test("temporal columns of the old formats, where they have no fraction", async () => {
  await using server = await startService("mariadb", {
    owned: true,
    dedicated: true,
    options: { mysql56_temporal_format: "OFF" },
  });
  await expectSameValues(new URL(server.url), [
    {
      type: "TIME",
      values: ["NULL", "'-838:59:59'", "'00:00:01'", "'23:59:59'"],
      expected: (c) => `IFNULL(${quoted(c)}, 'null')`,
    },
    {
      type: "DATETIME",
      values: ["NULL", "'1000-01-01 00:00:00'", "'9999-12-31 23:59:59'"],
      expected: "elsewhere",
    },
    {
      type: "TIMESTAMP NULL",
      values: ["NULL", "'1970-01-01 00:00:01'", "'2038-01-19 03:14:07'"],
      expected: "elsewhere",
    },
  ]);
});
