import { parseCastTarget } from "./cast-target.ts";
import type { Cursor } from "./cursor.ts";
import { isIntervalAhead, parseInterval, parseUnit } from "./interval.ts";
import { RESERVED_WORDS } from "./reserved-words.ts";
import { call } from "./tree-nodes.ts";
import type { Expression } from "./tree.ts";

/** Functions that are called without parentheses, too. */
export const NAMES_WITHOUT_LIST: ReadonlySet<string> = new Set(
  `current_date current_time current_timestamp current_user localtime localtimestamp utc_date utc_time utc_timestamp`.split(
    " ",
  ),
);

/** Reserved words that are functions before a parenthesis. */
const RESERVED_FUNCTIONS = new Set(
  `char convert database schema if insert interval left mod repeat replace right`.split(" "),
);

const AGGREGATES = new Set(
  `any_value avg bit_and bit_or bit_xor count group_concat json_arrayagg json_objectagg max min std stddev stddev_pop stddev_samp sum var_pop var_samp variance
   st_collect`.split(/\s+/),
);

const WINDOW_FUNCTIONS = new Set(
  `cume_dist dense_rank first_value lag last_value lead nth_value ntile percent_rank rank row_number`.split(
    " ",
  ),
);

/** Is a word before a parenthesis a function, as far as the grammar knows? */
export function isCallable(word: string): boolean {
  return (
    !RESERVED_WORDS.has(word) ||
    RESERVED_FUNCTIONS.has(word) ||
    NAMES_WITHOUT_LIST.has(word) ||
    WINDOW_FUNCTIONS.has(word)
  );
}

/** A function's name and its arguments; keywords among them become part of the name or arguments, see `CallExpression`. */
export function parseCall(p: Cursor): Expression {
  const { at } = p.token;
  const name = p.word;
  if (AGGREGATES.has(name)) {
    p.fail(at, `a rule makes one document of each row and has no aggregates, so no ${name}()`);
  }
  if (WINDOW_FUNCTIONS.has(name)) p.fail(at, "a rule has no window functions");
  p.next();
  p.expectSign("(");
  const special = SPECIAL.get(name);
  const value = special === undefined ? call(name, parseArguments(p), at) : special(p, name, at);
  p.expectSign(")");
  if (p.isWord("over")) p.fail(p.token.at, "a rule has no window functions");
  return value;
}

function parseArguments(p: Cursor): readonly Expression[] {
  if (p.isSign(")")) return [];
  return [p.expression(), ...moreArguments(p)];
}

function moreArguments(p: Cursor): readonly Expression[] {
  const args: Expression[] = [];
  while (p.takeSign(",")) args.push(p.expression());
  return args;
}

type SpecialCall = (p: Cursor, name: string, at: number) => Expression;

/** Functions whose arguments hold keywords. */
const SPECIAL: ReadonlyMap<string, SpecialCall> = new Map<string, SpecialCall>([
  ["cast", parseCast],
  ["convert", parseConvert],
  ["char", parseChar],
  ["trim", parseTrim],
  ["substring", parseSubstring],
  ["substr", parseSubstring],
  ["mid", parseSubstring],
  ["position", parsePosition],
  ["extract", parseExtract],
  ["date_add", parseDateArithmetic],
  ["date_sub", parseDateArithmetic],
  ["adddate", parseDateArithmetic],
  ["subdate", parseDateArithmetic],
  ["timestampadd", parseUnitFirst],
  ["timestampdiff", parseUnitFirst],
  ["get_format", parseGetFormat],
  ["weight_string", parseWeightString],
  ["json_value", parseJsonValue],
]);

function parseCast(p: Cursor, _name: string, at: number): Expression {
  const argument = p.expression();
  if (p.isWord("at"))
    p.fail(p.token.at, "a rule has no AT TIME ZONE: use at_zone(x, 'Europe/Berlin')");
  p.expectWord("as");
  return { kind: "cast", argument, to: parseCastTarget(p), at };
}

function parseConvert(p: Cursor, _name: string, at: number): Expression {
  const argument = p.expression();
  if (!p.takeWord("using")) {
    p.expectSign(",");
    return { kind: "cast", argument, to: parseCastTarget(p), at };
  }
  return convertUsing(p, argument, at);
}

/** The rest behind USING: to BINARY, or to CHAR of a character set. */
function convertUsing(p: Cursor, argument: Expression, at: number): Expression {
  const { token } = p;
  if (token.kind !== "word" && token.kind !== "name" && token.kind !== "string") {
    return p.unexpected("a character set");
  }
  p.next();
  const charset = (token.kind === "string" ? token.value : token.text).toLowerCase();
  const to =
    charset === "binary" ? ({ type: "binary" } as const) : ({ type: "char", charset } as const);
  return { kind: "cast", argument, to, at };
}

function parseChar(p: Cursor, name: string, at: number): Expression {
  const value = call(name, parseArguments(p), at);
  return p.takeWord("using") ? convertUsing(p, value, at) : value;
}

function parseTrim(p: Cursor, name: string, at: number): Expression {
  const side = p.isWord("both", "leading", "trailing") ? p.word : null;
  if (side !== null) p.next();
  if (side !== null && p.takeWord("from")) return call(`trim_${side}`, [p.expression()], at);
  const first = p.expression();
  if (!p.takeWord("from")) {
    return side === null ? call(name, [first], at) : p.unexpected("FROM");
  }
  return call(`trim_${side ?? "both"}`, [p.expression(), first], at);
}

function parseSubstring(p: Cursor, name: string, at: number): Expression {
  const value = p.expression();
  if (!p.takeWord("from")) return call(name, [value, ...moreArguments(p)], at);
  const args = [value, p.expression()];
  if (p.takeWord("for")) args.push(p.expression());
  return call(name, args, at);
}

function parsePosition(p: Cursor, _name: string, at: number): Expression {
  const needle = p.arithmetic();
  p.expectWord("in");
  return call("locate", [needle, p.expression()], at);
}

function parseExtract(p: Cursor, _name: string, at: number): Expression {
  const unit = parseUnit(p);
  p.expectWord("from");
  return call(`extract_${unit}`, [p.expression()], at);
}

function parseDateArithmetic(p: Cursor, name: string, at: number): Expression {
  const date = p.expression();
  p.expectSign(",");
  if (isIntervalAhead(p)) return call(name, [date, parseInterval(p)], at);
  if (name.startsWith("date_")) return p.unexpected("INTERVAL");
  return call(name, [date, p.expression()], at);
}

function parseUnitFirst(p: Cursor, name: string, at: number): Expression {
  const place = p.token.at;
  const unit = parseUnit(p);
  if (unit.includes("_")) p.fail(place, `${name} takes a unit of one part, such as DAY`);
  p.expectSign(",");
  return call(`${name}_${unit}`, parseArguments(p), at);
}

function parseGetFormat(p: Cursor, name: string, at: number): Expression {
  if (!p.isWord("date", "time", "datetime", "timestamp"))
    return p.unexpected("DATE, TIME or DATETIME");
  const kind = p.word === "timestamp" ? "datetime" : p.word;
  p.next();
  p.expectSign(",");
  return call(`${name}_${kind}`, [p.expression()], at);
}

function parseWeightString(p: Cursor, name: string, at: number): Expression {
  const args = parseArguments(p);
  if (p.isWord("as")) p.fail(p.token.at, "a rule has no WEIGHT_STRING(… AS …)");
  return call(name, args, at);
}

function parseJsonValue(p: Cursor, name: string, at: number): Expression {
  const args = parseArguments(p);
  if (p.isWord("returning", "null", "error", "default")) {
    p.fail(p.token.at, "a rule has JSON_VALUE(document, path) only: put a CAST around it");
  }
  return call(name, args, at);
}
