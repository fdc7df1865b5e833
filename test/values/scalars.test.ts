/** The oracle of every test here is what a real server prints of the same value. */
import fc from "fast-check";
import { describe, test } from "vitest";
import { expectSameValues, type Probe } from "./expect-same-values.ts";

/** Random values, the same in every run. */
function sample<Value>(arbitrary: fc.Arbitrary<Value>, numRuns: number): Value[] {
  return fc.sample(arbitrary, { seed: 20261123, numRuns });
}

function asText(c: string): string {
  return `CAST(${c} AS CHAR)`;
}

function quoted(text: string): string {
  return `CONCAT('"', ${text}, '"')`;
}

/** 10^n and its neighbours, of both signs, up to `digits` digits. */
function decimalEdges(digits: number): bigint[] {
  return Array.from({ length: digits + 1 }, (_, n) => 10n ** BigInt(n)).flatMap((power) =>
    [power - 1n, power, power + 1n].flatMap((value) => [value, -value]),
  );
}

const INTEGERS = [
  ["TINYINT", 8],
  ["SMALLINT", 16],
  ["MEDIUMINT", 24],
  ["INT", 32],
  ["BIGINT", 64],
] as const;

function integerProbe(type: string, min: bigint, max: bigint): Probe {
  const edges = [min, min + 1n, -1n, 0n, 1n, max - 1n, max, max / 2n, ...decimalEdges(19)];
  const values = [...edges, ...sample(fc.bigInt({ min, max }), 30)];
  return {
    type,
    values: ["NULL", ...values.filter((v) => v >= min && v <= max).map(String)],
    // Without the zeros of ZEROFILL.
    expected: (c) => asText(`${c} + 0`),
  };
}

const DECIMAL_SHAPES = [
  [1, 0],
  [1, 1],
  [2, 2],
  [5, 2],
  [9, 0],
  [9, 9],
  [10, 0],
  [10, 2],
  [10, 10],
  [12, 4],
  [18, 4],
  [18, 9],
  [18, 18],
  [19, 9],
  [20, 0],
  [20, 19],
  [30, 30],
  [38, 10],
  [65, 0],
  [65, 1],
  [65, 29],
  [65, 30],
] as const;

function decimalProbe(precision: number, scale: number): Probe {
  const most = 10n ** BigInt(precision) - 1n;
  const values = [
    0n,
    most,
    -most,
    ...decimalEdges(precision).filter((v) => v <= most && v >= -most),
    ...sample(fc.bigInt({ min: -most, max: most }), 10),
  ];
  return {
    type: `DECIMAL(${precision}, ${scale})`,
    values: ["NULL", "'-0'", ...values.map((v) => `'${v}e-${scale}'`)],
    expected: asText,
  };
}

const FRACTIONS = [0, 1, 2, 3, 4, 5, 6] as const;

/** NULL where no calendar has the date. */
function calendarDate(c: string, json: string): string {
  return `IF(DAYOFMONTH(${c}) BETWEEN 1 AND DAYOFMONTH(LAST_DAY(${c})), ${json}, NULL)`;
}

/** The text of a DATETIME with its digits of fraction, from DATE_FORMAT's six. */
function isoTime(c: string, fraction: number, zone: string): string {
  const length = fraction === 0 ? 19 : 20 + fraction;
  return quoted(`CONCAT(LEFT(DATE_FORMAT(${c}, '%Y-%m-%dT%H:%i:%s.%f'), ${length}), '${zone}')`);
}

const moments = fc
  .tuple(
    fc.date({ min: new Date("1000-01-01"), max: new Date("9999-12-31"), noInvalidDate: true }),
    fc.integer({ min: 0, max: 999_999 }),
  )
  .map(([date, us]) => {
    const text = date.toISOString().slice(0, 19).replace("T", " ");
    return `'${text}.${String(us).padStart(6, "0")}'`;
  });

const DATES = [
  "0000-00-00",
  "0000-01-01",
  "0001-01-01",
  "0999-12-31",
  "1000-01-01",
  "1969-12-31",
  "1970-01-01",
  "2000-02-29",
  "2012-00-00",
  "2012-05-00",
  "2012-02-30",
  "2100-02-28",
  "9999-12-31",
] as const;

const TIMES = [
  "-838:59:59.000000",
  "838:59:59.000000",
  "-00:00:00.000001",
  "-00:00:00.1",
  "-00:00:00.99",
  "-00:00:01.5",
  "-01:00:00",
  "-99:59:59.999999",
  "-100:00:00.123456",
  "00:00:00",
  "00:00:00.9",
  "23:59:59.987654",
  "123:00:07.070707",
] as const;

const MEMBERS = ["new", "ready to go", "it''s", '"quoted"', "back\\\\slash", "ключ", "🙂", "é"];

function enumProbe(definition: string, values: readonly string[]): Probe {
  return {
    type: definition,
    values,
    // JSON_QUOTE escapes as we do.
    expected: (c) => `JSON_QUOTE(CONVERT(${c} USING utf8mb4))`,
  };
}

describe.each(["mysql", "mariadb"] as const)("on %s, row images and SELECT agree on", (server) => {
  test("integers of every size", async () => {
    await expectSameValues(
      server,
      INTEGERS.flatMap(([type, bits]) => {
        const half = 1n << BigInt(bits - 1);
        return [
          integerProbe(type, -half, half - 1n),
          integerProbe(`${type} UNSIGNED`, 0n, 2n * half - 1n),
          integerProbe(`${type} ZEROFILL`, 0n, 2n * half - 1n),
        ];
      }),
    );
  });

  test("YEAR", async () => {
    await expectSameValues(server, [
      {
        type: "YEAR",
        values: ["NULL", "0", "1901", "1970", "2026", "2155"],
        expected: (c) => asText(`${c} + 0`),
      },
    ]);
  });

  test("DECIMAL of many shapes", async () => {
    await expectSameValues(
      server,
      DECIMAL_SHAPES.map(([precision, scale]) => decimalProbe(precision, scale)),
    );
  });

  test("DECIMAL with ZEROFILL, UNSIGNED", async () => {
    await expectSameValues(server, [
      {
        type: "DECIMAL(10, 2) UNSIGNED ZEROFILL",
        values: ["0", "0.05", "1.5", "12345678.90"],
        expected: (c) => asText(`CAST(${c} AS DECIMAL(10, 2))`),
      },
    ]);
  });

  test("FLOAT and DOUBLE", async () => {
    const edges = [0, -0, 0.1, 1 / 3, 12.5, 1e-7, 123456.789, 16777216, 16777217, 1e10, 1e20];
    const doubles = [
      ...[...edges, 5e-324, 2 ** 53, 2 ** 63, 1e22, 1.7976931348623157e308].flatMap((v) => [v, -v]),
      ...sample(fc.double({ noNaN: true, noDefaultInfinity: true }), 100),
      ...sample(fc.maxSafeInteger(), 30).map((value, i) => value / 10 ** (i % 12)),
    ];
    const floats = [
      ...[...edges, 1.1754943508222875e-38, 3.4028234663852886e38].flatMap((v) => [v, -v]),
      ...sample(fc.float({ noNaN: true, noDefaultInfinity: true }), 100),
      ...sample(fc.integer(), 30).map((value, i) => value / 10 ** (i % 9)),
    ];
    const tiny = ["1e-20", "1.2345678901234567e-15", "3e-30", "1e20"];
    const expected = "reads back";
    const amounts = ["0", "-0.05", "1.1", "99999.99", "-12345.67", "0.3", "33333.33"];
    const literals = (values: readonly number[]): string[] => [
      "NULL",
      ...values.map((v) => `'${v}'`),
    ];
    await expectSameValues(server, [
      { type: "FLOAT", values: literals(floats), expected },
      { type: "DOUBLE", values: literals(doubles), expected },
      { type: "FLOAT UNSIGNED ZEROFILL", values: literals(floats.map(Math.abs)), expected },
      { type: "FLOAT(7, 2)", values: amounts, expected },
      { type: "DOUBLE(10, 2)", values: amounts, expected },
      { type: "DOUBLE(60, 30)", values: tiny, expected },
    ]);
  });

  test("BIT of every width", async () => {
    const widths = Array.from({ length: 64 }, (_, i) => i + 1);
    await expectSameValues(
      server,
      widths.map((bits) => {
        const most = (1n << BigInt(bits)) - 1n;
        const values = [0n, 1n, most, most / 2n, most / 3n];
        return {
          type: `BIT(${bits})`,
          values: ["NULL", ...values.map(String)],
          expected: (c: string) => asText(`CAST(${c} AS UNSIGNED)`),
        };
      }),
    );
  });

  test("DATE, zero and partial dates being null", async () => {
    const random = sample(moments, 60).map((text) => `${text.slice(0, 11)}'`);
    await expectSameValues(server, [
      {
        type: "DATE",
        values: ["NULL", ...DATES.map((date) => `'${date}'`), ...random],
        expected: (c) => calendarDate(c, quoted(asText(c))),
      },
    ]);
  });

  test("DATETIME with every fraction", async () => {
    const edges = DATES.flatMap((date) => [
      `'${date}'`,
      `'${date} 00:00:00.1'`,
      `'${date} 23:59:59'`,
    ]);
    await expectSameValues(
      server,
      FRACTIONS.map((fraction) => ({
        type: `DATETIME(${fraction})`,
        values: ["NULL", ...edges, ...sample(moments, 60)],
        expected: (c) => calendarDate(c, isoTime(c, fraction, "")),
      })),
    );
  });

  test("TIMESTAMP with every fraction", async () => {
    const instants = sample(fc.integer({ min: 1, max: 2 ** 31 - 2 }), 60).map(
      (seconds) => `FROM_UNIXTIME(${seconds}.${String(seconds % 1e6).padStart(6, "0")})`,
    );
    const edges = [
      "NULL",
      "0",
      "'1970-01-01 00:00:01'",
      "'2038-01-19 03:14:07'",
      "'2000-02-29 23:59:59.999'",
    ];
    await expectSameValues(
      server,
      FRACTIONS.map((fraction) => ({
        type: `TIMESTAMP(${fraction}) NULL`,
        values: [...edges, ...instants],
        expected: (c) => calendarDate(c, isoTime(c, fraction, "Z")),
      })),
    );
  });

  test("TIME of either sign with every fraction", async () => {
    const random = sample(
      fc.tuple(fc.integer({ min: -3020398, max: 3020398 }), fc.integer({ min: 0, max: 999999 })),
      80,
    ).map(([s, us]) => {
      const size = Math.abs(s);
      const parts = [Math.floor(size / 3600), Math.floor(size / 60) % 60, size % 60];
      return `${s < 0 ? "-" : ""}${parts.join(":")}.${String(us).padStart(6, "0")}`;
    });
    await expectSameValues(
      server,
      FRACTIONS.map((fraction) => ({
        type: `TIME(${fraction})`,
        values: ["NULL", ...[...TIMES, ...random].map((text) => `'${text}'`)],
        expected: (c) => quoted(asText(c)),
      })),
    );
  });

  test("ENUM and SET, in one and two bytes and in other character sets", async () => {
    const members = MEMBERS.map((label) => `'${label}'`);
    const all = [...members, "NULL", "''"];
    const many = Array.from({ length: 300 }, (_, i) => `'m${i}'`);
    const wide = Array.from({ length: 64 }, (_, i) => `'s${i}'`);
    const bits = sample(fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }), 40).map(String);
    const latin = ["'café'", "'Köln'", "'plain'"];
    await expectSameValues(server, [
      enumProbe(`ENUM(${members.join(",")}, 'a,b')`, [...all, "'a,b'"]),
      enumProbe(`ENUM(${many.join(",")})`, ["1", "255", "256", "300", "0"]),
      enumProbe(`ENUM(${latin.join(",")}) CHARACTER SET latin1`, latin),
      enumProbe(`ENUM(${latin.join(",")}) CHARACTER SET utf16`, latin),
      enumProbe(`SET(${members.join(",")})`, ["NULL", "0", "1", "2", "3", "255", "170", "85"]),
      enumProbe(`SET(${wide.join(",")})`, [
        "0",
        "18446744073709551615",
        String(1n << 63n),
        ...bits,
      ]),
      ...[8, 9, 16, 17, 24, 25, 32, 33].map((count) =>
        enumProbe(`SET(${wide.slice(0, count).join(",")})`, [
          "0",
          String((1n << BigInt(count)) - 1n),
          String(1n << BigInt(count - 1)),
        ]),
      ),
      enumProbe(`SET(${latin.join(",")}) CHARACTER SET latin1`, ["0", "1", "3", "7"]),
    ]);
  });

  test("BINARY with its padding, VARBINARY and BLOB", async () => {
    const bytes = sample(fc.uint8Array({ maxLength: 16 }), 40).map(
      (value) => `X'${Buffer.from(value).toString("hex")}'`,
    );
    const values = ["NULL", "''", "X'00'", "X'ff00'", "X'0000000000000000'", ...bytes];
    const expected = (c: string): string => quoted(`REPLACE(TO_BASE64(${c}), '\\n', '')`);
    const types = ["BINARY(16)", "BINARY(255)", "VARBINARY(16)", "VARBINARY(300)", "BLOB"];
    await expectSameValues(server, [
      ...types.map((type) => ({ type, values, expected })),
      {
        type: "LONGBLOB",
        values: [48, 64, 65, 1000, 30000, 70000].map((n) => `REPEAT(X'00ff10', ${n})`),
        expected,
      },
    ]);
  });
});
