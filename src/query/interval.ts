import type { Cursor } from "./cursor.ts";
import { call } from "./tree-nodes.ts";
import type { Expression } from "./tree.ts";

/** Units of intervals, of EXTRACT too; those of one part also of TIMESTAMPADD and TIMESTAMPDIFF. */
const UNITS = new Set(
  `microsecond second minute hour day week month quarter year second_microsecond minute_microsecond minute_second hour_microsecond hour_second hour_minute
   day_microsecond day_second day_minute day_hour year_month`.split(/\s+/),
);

/** Takes a unit and gives it in lower case; `sql_tsi_day` is `day`. */
export function parseUnit(p: Cursor): string {
  const unit = p.word.replace(/^sql_tsi_/, "");
  if (!UNITS.has(unit)) return p.unexpected("a unit, such as DAY or HOUR_SECOND,");
  p.next();
  return unit;
}

/** Is INTERVAL next, and not the function of that name? `INTERVAL(a, b)` is the function, `INTERVAL (a) DAY` is none. */
export function isIntervalAhead(p: Cursor): boolean {
  if (!p.isWord("interval")) return false;
  const { at } = p.token;
  p.next();
  let depth = 0;
  let isFunction = false;
  do {
    if (p.isSign("(")) depth += 1;
    else if (p.isSign(")")) depth -= 1;
    else if (depth === 1 && p.isSign(",")) isFunction = true;
    if (depth > 0) p.next();
  } while (depth > 0 && !isFunction && p.token.kind !== "end");
  p.seek(at);
  return !isFunction;
}

/** `INTERVAL count unit`. */
export function parseInterval(p: Cursor): Expression {
  const { at } = p.expectWord("interval");
  const count = p.expression();
  return { kind: "interval", count, unit: parseUnit(p), at };
}

/** `INTERVAL 1 DAY + date`. */
export function parsePrefixInterval(p: Cursor): Expression {
  const interval = parseInterval(p);
  if (!p.isSign("+")) {
    return p.fail(interval.at, "an INTERVAL stands in date arithmetic only: date + INTERVAL 1 DAY");
  }
  const { at } = p.next();
  return call("date_add", [p.condition(), interval], at);
}
