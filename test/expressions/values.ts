import type { Random } from "./random.ts";

/** SQL literals of a kind: edges first of all, then anything. */
export type Literals = (random: Random) => string;

const EDGE_INTEGERS = [
  "0",
  "1",
  "-1",
  "2",
  "3",
  "5",
  "7",
  "10",
  "12",
  "31",
  "99",
  "100",
  "127",
  "-128",
  "255",
  "256",
  "1999",
  "2024",
  "32767",
  "-32768",
  "65535",
  "8388607",
  "-8388608",
  "16777215",
  "20240229",
  "20241231235959",
  "2147483647",
  "-2147483648",
  "4294967295",
  "9007199254740993",
  "9223372036854775807",
  "-9223372036854775808",
  "9223372036854775808",
  "18446744073709551615",
];

/** Integers from `least` to `most`. */
export function integers(least: bigint, most: bigint): Literals {
  const edges = [least, most, ...EDGE_INTEGERS.map(BigInt)].filter((n) => n >= least && n <= most);
  return (random) => {
    if (random.chance(0.6)) return String(random.pick(edges));
    const digits = 1 + random.below(String(most).length);
    const value = BigInt(random.digits(digits)) * (least < 0n && random.chance(0.4) ? -1n : 1n);
    return String(value < least || value > most ? random.pick(edges) : value);
  };
}

/** Numbers of up to `whole` digits before the point and `scale` behind it. */
export function decimals(whole: number, scale: number): Literals {
  const point = scale > 0 ? "." : "";
  return (random) => {
    const sign = random.chance(0.35) ? "-" : "";
    const nines = `${"9".repeat(whole) || "0"}${point}${"9".repeat(scale)}`;
    switch (random.below(8)) {
      case 0:
        return "0";
      case 1:
        return `${sign}${nines}`;
      case 2:
        return scale > 0 ? `${sign}0.${"0".repeat(scale - 1)}${random.pick(["1", "5", "9"])}` : "1";
      case 3:
        return scale > 0 ? `${sign}${whole > 0 ? random.below(10) : 0}.5` : `${sign}7`;
      default:
        return `${sign}${random.digits(random.below(whole + 1)) || "0"}${point}${random.digits(random.below(scale + 1))}`;
    }
  };
}

const DOUBLES = [
  "0e0",
  "-0e0",
  "1e0",
  "0.5e0",
  "-0.5e0",
  "1.5e0",
  "2.5e0",
  "-2.5e0",
  "0.1e0",
  "1e15",
  "1e16",
  "123456789.125e0",
  "1e-5",
  "1e-20",
  "9007199254740993e0",
  "9.223372036854776e18",
  "1.8446744073709552e19",
  "1e20",
  "1e100",
  "1.7976931348623157e308",
  "-1.7976931348623157e308",
  "2.2250738585072014e-308",
  "3.14159265358979e0",
  "20240229e0",
];

/** DOUBLEs. */
export const doubles: Literals = (random) => {
  if (random.chance(0.5)) return random.pick(DOUBLES);
  const sign = random.chance(0.4) ? "-" : "";
  const digits = `${random.below(10)}.${random.digits(1 + random.below(16))}`;
  return `${sign}${digits}e${random.below(random.chance(0.8) ? 12 : 300) - random.below(8)}`;
};

/** Numbers that a FLOAT holds. */
export const floats: Literals = (random) => {
  if (random.chance(0.3))
    return random.pick(["0", "1", "-1", "0.5", "0.1", "1.1", "3.4e38", "1e-30", "16777216", "1e7"]);
  return `${random.chance(0.4) ? "-" : ""}${random.below(10)}.${random.digits(4)}e${random.below(20) - 8}`;
};

const WORDS = [
  "",
  " ",
  "a",
  "A",
  "b",
  "abc",
  "ABC",
  "aBc ",
  " abc",
  "abc  ",
  "a b c",
  "a,b,c",
  ",b,",
  "b",
  "xyz",
  "%",
  "a%",
  "_b_",
  "a_c",
  "a\\c",
  "it's",
  '"q"',
  "0",
  "1",
  "-1",
  "12",
  " 12abc",
  "1.5",
  "-1.50",
  ".5",
  "1e2",
  "1e400",
  "0x1F",
  "ff",
  "10",
  "9223372036854775808",
  "18446744073709551616",
  "99999999999999999999.5",
  "2024-02-29",
  "2023-02-29",
  "2024-2-9",
  "20240229",
  "240229",
  "2024-01-31 23:59:59",
  "2024-12-31 23:59:59.999999",
  "2024-12-31T10:20:30.5",
  "1999-12-31 00:00:00",
  "0000-00-00",
  "2024-00-10",
  "12:34:56",
  "-12:34:56.5",
  "838:59:59",
  "1 10:00:00",
  "123456",
  "{}",
  "[]",
  '{"a": 1}',
  '{"a": [1, 2.5, "x", null, true], "b": {"c": "d"}}',
  '[1, "a", null]',
  '"json"',
  "null",
  "true",
  "{bad",
  "$.a",
];
const LATIN_WORDS = ["é", "É", "ÿ", "straße", "Ärger", "naïve", "¿a?", "\u{a0}x"];
const WIDE_WORDS = [
  "😀",
  "a😀b",
  "日本",
  "ключ",
  "ŁÓDŹ",
  "e\u{301}",
  "ﬁ",
  "ß",
  "ı",
  "İ",
  "Ω",
  "０１",
  "ǆ",
  "한글",
  "\u{200b}",
  "a\u{0}b",
];

/** Character strings of at most `length` characters, of one byte each, of Latin-1, or of any. */
export function texts(length: number, repertoire: "ascii" | "latin1" | "any"): Literals {
  const words = [
    ...WORDS,
    ...(repertoire === "ascii" ? [] : LATIN_WORDS),
    ...(repertoire === "any" ? WIDE_WORDS : []),
  ];
  return (random) => {
    let text = random.pick(words);
    while (random.chance(0.15)) text += random.pick(words);
    return quote(Array.from(text).slice(0, length).join(""));
  };
}

/** A character string as a literal. */
export function quote(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "''").replaceAll("\0", "\\0")}'`;
}

/** Binary strings of at most `length` bytes. */
export function binaries(length: number): Literals {
  const edges = ["", "00", "ff", "61", "41", "6100", "c3a9", "f09f9880", "3132", "0001ff7f", "20"];
  return (random) => {
    const hex = random.chance(0.6)
      ? random.pick(edges)
      : Array.from({ length: random.below(length + 1) }, () =>
          random.below(256).toString(16).padStart(2, "0"),
        ).join("");
    return `x'${hex.slice(0, 2 * length)}'`;
  };
}

const DATES = [
  "2024-02-29",
  "2023-02-28",
  "2024-12-31",
  "2024-01-01",
  "2000-01-01",
  "1999-12-31",
  "1970-01-01",
  "1969-12-31",
  "9999-12-31",
  "1000-01-01",
  "0001-01-01",
  "2038-01-19",
  "2021-08-31",
  "2020-12-28",
  "2026-03-29",
];
const ZERO_DATES = ["0000-00-00", "2024-00-00", "2024-05-00", "0000-01-01"];

/** Dates without quotes, sometimes zero ones where `zero` allows. */
export function dateText(random: Random, zero: boolean): string {
  if (zero && random.chance(0.08)) return random.pick(ZERO_DATES);
  if (random.chance(0.5)) return random.pick(DATES);
  const month = String(1 + random.below(12)).padStart(2, "0");
  return `${1900 + random.below(200)}-${month}-${String(1 + random.below(28)).padStart(2, "0")}`;
}

/** Times of a day without quotes. */
export function clockText(random: Random, fraction: number): string {
  const two = (limit: number): string => String(random.below(limit)).padStart(2, "0");
  const clock = random.chance(0.4)
    ? random.pick(["00:00:00", "23:59:59", "12:00:00", "10:20:30", "00:00:01"])
    : `${two(24)}:${two(60)}:${two(60)}`;
  if (fraction === 0) return clock;
  return `${clock}.${random.pick(["000000", "999999", "500000", "123456", "000001", random.digits(6)]).slice(0, fraction)}`;
}

/** TIMEs without quotes. */
export function timeText(random: Random, fraction: number): string {
  if (random.chance(0.15))
    return random.pick(["838:59:59", "-838:59:59", "-00:00:01", "100:00:00", "24:00:00"]);
  return `${random.chance(0.3) ? "-" : ""}${clockText(random, fraction)}`;
}

const JSON_TEXTS = [
  "null",
  "true",
  "false",
  "0",
  "1",
  "-1",
  "1.0",
  "2.5",
  "1e20",
  "1e-7",
  "9223372036854775807",
  "18446744073709551615",
  '""',
  '"abc"',
  '"ABC"',
  '"12"',
  '"2024-02-29"',
  '"é😀"',
  '"a\\"b\\\\c\\n"',
  "[]",
  "{}",
  "[1, 2, 3]",
  '[1, "a", null, true, [2], {"a": 1}]',
  '{"a": 1}',
  '{"a": 1, "b": 2}',
  '{"b": "x", "a": {"b": [10, 20]}, "long key": null}',
  '{"a": [1, 2, {"b": "c"}]}',
  '{"a": "abc", "colour": "red", "n": 1.5}',
  '{"é": "x", "": 0}',
];

/** JSON as SQL literals. */
export const jsons: Literals = (random) => quote(random.pick(JSON_TEXTS));
