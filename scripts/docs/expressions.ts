import { CONTROL_FUNCTIONS } from "../../src/expression/control/functions.ts";
import { HELPER_FUNCTIONS } from "../../src/expression/documents/functions.ts";
import type { FunctionTable } from "../../src/expression/functions.ts";
import { JSON_FUNCTIONS } from "../../src/expression/json/functions.ts";
import { NUMERIC_FUNCTIONS } from "../../src/expression/numeric/functions.ts";
import { TEMPORAL_FUNCTIONS } from "../../src/expression/temporal/functions.ts";
import { TEXT_FUNCTIONS } from "../../src/expression/text/functions.ts";
import { UNSUPPORTED_FUNCTIONS } from "../../src/expression/unsupported.ts";
import { escapeCell } from "./text.ts";

const INTRODUCTION = `# Expressions

Fields, conditions, ids, routings and index names of rules are expressions, written as in a \`SELECT\`. They mean what MySQL 9.7 makes of them in a session with

\`\`\`sql
SET NAMES utf8mb4;                  -- literals have the collation utf8mb4_0900_ai_ci
SET time_zone = '+00:00';           -- a TIMESTAMP is seen in UTC
SET sql_mode = DEFAULT;
\`\`\`

and the defaults of everything else (\`div_precision_increment\` 4, \`lc_time_names\` en_US, \`default_week_format\` 0): NULLs, implicit conversions, decimal arithmetic and its rounding, integer overflow,
collations and trailing spaces. Where a \`SELECT\` ends with an error for a row (\`1690\`, a number out of range), the row becomes a dead letter with that number and the stream goes on. Warnings are nothing.

This is tested: \`npm run compare-expressions -- --count 100000\` makes up rows and expressions over what is listed here and compares values, NULLs, errors and types with those of a real MySQL; every
run of the tests does. (\`md5\` and \`sha1\`, which 9.7 no longer has, aside.)

What cannot be evaluated exactly as MySQL does is refused when the rule is loaded, with the place and the reason; it is never evaluated approximately. A way round is a generated column of the table, or a
\`transform\` script.
`;

const TABLES: readonly { readonly title: string; readonly table: FunctionTable }[] = [
  { title: "Conditions", table: CONTROL_FUNCTIONS },
  { title: "Numbers", table: NUMERIC_FUNCTIONS },
  { title: "Texts and bytes", table: TEXT_FUNCTIONS },
  { title: "Dates and times", table: TEMPORAL_FUNCTIONS },
  { title: "JSON", table: JSON_FUNCTIONS },
];

/** Operators that are words. */
const OPERATOR_WORDS = new Set("and or xor not in like regexp between div mod".split(" "));
/** Names that only the tree of an expression has, as they are written. */
const SPELLINGS: Readonly<Record<string, string>> = {
  neg: "-x",
  plus: "+x",
  "member of": "member of (…)",
  binary: "binary x",
};

/** How the helpers are written and what they make. */
const HELPERS: Readonly<Record<string, readonly [written: string, makes: string]>> = {
  split: [
    "`split(tags, ',')`",
    "a list of the parts as they stand (not trimmed); `[]` of an empty text",
  ],
  array: ["`array(a, b, …)`", "a list of the values; NULL is `null` in it"],
  object: ["`object('name', a, …)`", "an object with these members; NULL is `null` in it"],
  json: [
    "`json(text)`",
    "the JSON value that a text holds, as `cast(text as json)`; a row whose text holds none fails with 3141",
  ],
  geo_point: [
    "`geo_point(latitude, longitude)`",
    '`{"lat":…,"lon":…}`; NULL if either is; out of ±90 and ±180 degrees the row fails. A POINT column needs no function: it is written as GeoJSON, which a `geo_point` field takes',
  ],
  bool: ["`bool(x)`", "`true` or `false` where MySQL has 1 and 0"],
  mask: [
    "`mask(card, 0, 4)`, `mask(name, 1, 1, '#')`",
    "the text with all characters but so many at the left and at the right replaced; a text with no more characters than would be kept is replaced whole",
  ],
  sha256: [
    "`sha256(x)`",
    "64 hexadecimal digits, of a text's UTF-8 or a binary string's bytes. There is no keyed hash: a key in a rule would be no secret",
  ],
  at_zone: [
    "`at_zone(created_at, 'Asia/Shanghai')`, `at_zone(d, '+08:00')`",
    "a date for Elasticsearch: the DATETIME as that zone's wall clock shows it, with the offset that it had then (`2026-11-23T10:20:30+08:00`). Of a TIMESTAMP it is `'+00:00'`",
  ],
  to_utc: [
    "`to_utc(created_at, 'Asia/Shanghai')`",
    "the same instant in UTC, `2026-11-23T02:20:30Z`",
  ],
  iso_date: ["`iso_date(d)`", "a date and time that is in UTC already, `2026-11-23T10:20:30Z`"],
  to_datetime: [
    "`to_datetime(x)`",
    "of a number, which is seconds since 1970, a date in UTC (`2026-11-23T10:20:30Z`); of anything else what `cast(x as datetime)` is",
  ],
  epoch_ms: [
    "`epoch_ms(d)`, `epoch_ms(d, 'Asia/Shanghai')`",
    "milliseconds since 1970 of a time in UTC, or in that zone",
  ],
};

const ZONES = `Zones are those of the time zone database in the runtime, or an offset from \`-14:00\` to \`+14:00\`. A wall clock time that was skipped (clocks put forward) is read with the offset from before: 02:30
becomes 03:30 summer time. One that was twice (clocks put back) is the first of the two. Where the offset of a zone had seconds (before there were zones) the instant is written in UTC. Zero and partial dates
are null, as in columns that pass through, and so is what leaves the years 0 to 9999.
`;

/** What is refused when a rule is loaded although MySQL takes it: what, why, and what to write. */
const REFUSALS: readonly (readonly [what: string, why: string, instead: string])[] = [
  [
    "Comparing, searching or changing the case of texts in a collation that is not built in (of the languages, `utf8mb4_de_pb_0900_ai_ci` say) or whose name the source does not tell (records of other programs)",
    "the weights of its characters are not known",
    "`COLLATE` with one that is, or `binary x`",
  ],
  [
    "Texts of two collations of equal strength (error 1267 in MySQL), or of two character sets where one lacks characters of the other (3854 for some rows)",
    "the statement fails, or fails for some rows",
    "`COLLATE`, `CONVERT(x USING utf8mb4)`",
  ],
  ["A binary string as a text", "its bytes may be no text", "`CAST(x AS CHAR)`"],
  [
    "A TIME where a date is wanted, or compared with one",
    "MySQL takes the current day",
    "a date of the row's own",
  ],
  [
    "Dates compared with texts or numbers that are no dates, with a YEAR, or in a list with other types; a YEAR compared with what is no whole number",
    "MySQL decides by the value of the first row, or fails",
    "`CAST`, `YEAR(x)`, dates as `DATE '2026-11-23'`",
  ],
  [
    "`extract`, `time_format` and some others of what may look like a date or a time",
    "which of the two it is depends on the row",
    "`CAST(x AS DATETIME)`, `CAST(x AS TIME)`",
  ],
  [
    "A date that IF, CASE, COALESCE, GREATEST or LEAST chose, or LAST_DAY, compared or in JSON; what IF or CASE chose among several types as a date or time; CAST AS DOUBLE as a date",
    "whether dates with parts that are zero, and NULLs, are taken depends on the function that they came of",
    "`CAST(… AS DATETIME)`, or of the values among which is chosen",
  ],
  [
    "`period_add`, `period_diff`, `uuid_to_bin` and `bin_to_uuid` within other expressions, and constant texts as JSON that are none",
    "they end with an error for some values, which NULL in another place may hide",
    "a field of their own",
  ],
  [
    "`unix_timestamp` of a computed value that is no date",
    "what is no date is 0 or NULL, by what it was computed with",
    "`unix_timestamp(CAST(x AS DATETIME))`",
  ],
  [
    "A computed DECIMAL in JSON; a document that a date was put in, compared or as a number",
    "how many digits are shown depends on the value; MySQL keeps dates in JSON as dates, which are no strings",
    "`CAST(x AS DECIMAL(…))`, `CAST(d AS CHAR)`",
  ],
  [
    "BETWEEN with dates or times and numbers, or with a date and two columns of text; a constant of JSON compared with a column; bytes as a YEAR",
    "MySQL converts the constants, or some of the values, to one type by rules of its own",
    "comparisons and `AND`, `CAST`",
  ],
  [
    "`IS NULL` of a date that is NOT NULL",
    "in a WHERE MySQL takes it for a test for the zero date",
    "a comparison with the zero date",
  ],
  [
    "`convert_tz` with names of zones",
    "they are in tables of the server, which may be empty or old",
    "`at_zone(x, 'Europe/Berlin')`",
  ],
  [
    "`str_to_date` with a format that is no literal, or by weeks",
    "the format tells the type",
    "a literal",
  ],
  [
    "DECIMALs of more than 65 digits, or 30 behind the point, between steps",
    "MySQL cuts digits depending on the values",
    "`CAST` an operand to fewer digits",
  ],
  [
    "BIT, BIGINT UNSIGNED, ENUM, SET, JSON and times mixed with other types in one result (CASE, COALESCE, GREATEST)",
    "what is shown depends on the branch and not on the type",
    "`CAST` them to one type",
  ],
  [
    "ROUND and TRUNCATE to a number of digits that is no literal; CEILING and FLOOR of a DECIMAL that IF, COALESCE or GREATEST chose",
    "how many digits the result has depends on the row",
    "a literal, `CAST(x AS DECIMAL(…))`",
  ],
  [
    "Dates and times with fractions of seconds in arithmetic; a DECIMAL as JSON by CAST",
    "MySQL computes with digits that it does not show",
    "`CAST(x AS DECIMAL(…))`, `CAST(x AS DOUBLE)`",
  ],
  [
    "GREATEST and LEAST of strings whose collation takes unlike strings for equal",
    "which of the equal ones is taken depends on their order",
    "`COLLATE` with a binary one",
  ],
  [
    "NULLIF of a condition, of a value that is known against a column, or of a computed date; a FLOAT beside numbers of more digits in IF or CASE",
    "MySQL gives it the type of the other",
    "`IF`, `CAST`",
  ],
  [
    "A part that is an error for every row, in whatever it stands",
    "MySQL may evaluate it once, for all rows or for none",
    "leave it out",
  ],
  ["`!!x`", "MySQL reads it as `!x`", "`NOT`"],
  [
    "Bit operators on binary strings; `conv` of bits; `format` in other locales; `time` in functions of weeks",
    "rare, and not the same in all versions",
    "`CAST`",
  ],
  [
    "Columns of geometries and vectors in expressions (they pass through)",
    "there is no value of them outside the server",
    "a generated column",
  ],
];

/** `docs/expressions.md`: what expressions may hold, by group, and what is refused. */
export function expressionsPage(): string {
  return [INTRODUCTION, ...TABLES.map(groupSection), helperSection(), refusalSection()].join("\n");
}

function groupSection({ title, table }: (typeof TABLES)[number]): string {
  const names = Object.keys(table);
  const isOperator = (name: string): boolean =>
    !/^\w+$/.test(name) || OPERATOR_WORDS.has(name) || Object.hasOwn(SPELLINGS, name);
  const operators = names.filter(isOperator).map((name) => SPELLINGS[name] ?? name);
  const functions = names.filter((name) => !isOperator(name)).map(callName);
  const lines = [`## ${title}`, ""];
  if (operators.length > 0) lines.push(`Operators: ${codes(operators)}`, "");
  if (functions.length > 0) lines.push(`Functions: ${codes(functions.toSorted())}`, "");
  return lines.join("\n");
}

/** The name as it is written: `extract_year` is `extract`. */
function callName(name: string): string {
  return name.replace(/^(extract|timestampdiff|timestampadd|trim|get_format|json_value)_.*/, "$1");
}

function codes(names: readonly string[]): string {
  return [...new Set(names)].map((name) => `\`${name}\``).join(" ");
}

function helperSection(): string {
  const rows = Object.keys(HELPER_FUNCTIONS).map((name) => {
    const [written, makes] = HELPERS[name] ?? [`\`${name}\``, "?"];
    return `| ${escapeCell(written)} | ${escapeCell(makes)} |`;
  });
  return `## For documents

What Elasticsearch needs and SQL lacks. Lists, objects, points, truth values and zoned dates are fields as they are and no arguments of anything else.

| Written | Makes |
| --- | --- |
${rows.join("\n")}

${ZONES}`;
}

function refusalSection(): string {
  const functions = UNSUPPORTED_FUNCTIONS.map(
    ({ names, why }) => `| ${names.map((name) => `\`${name}\``).join(" ")} | ${escapeCell(why)} |`,
  );
  const rest = REFUSALS.map((cells) => `| ${cells.map(escapeCell).join(" | ")} |`);
  return `## What is refused

Functions that are not listed above are not known. These never are:

| Function | Why |
| --- | --- |
${functions.join("\n")}

And these are with some arguments, with the place and the reason in the message:

| What | Why | Instead |
| --- | --- | --- |
${rest.join("\n")}
`;
}
