/** Parts of dates and times as numbers and names: YEAR() to MICROSECOND(), weeks, EXTRACT. */
import type { Moment } from "../../core/sql-value.ts";
import { applyStrict } from "../apply.ts";
import type { Call, FunctionTable, SqlFunction } from "../functions.ts";
import { sessionText, smallInteger, type IntegerType, type SqlType } from "../sql-type.ts";
import type { Typed } from "../typed.ts";
import { toCalendar, toWholeNumber } from "./arguments.ts";
import { toDatetime, toTime, type DateMode } from "./convert.ts";
import { dayNumber, secondsOfTime } from "./moment.ts";
import { DAY_NAMES, MONTH_NAMES } from "./names.ts";
import { dayOfYear, weekdayOf, weekOf } from "./week.ts";

/** Of MySQL's type YEAR, which is shorter than BIGINT. */
const YEAR: IntegerType = {
  kind: "integer",
  isUnsigned: true,
  isSmall: true,
  digits: 4,
  bytes: 2,
};
/** Numbers of MySQL's widest integer that are small in fact. */
const WIDE = smallInteger(20);

type Read = (moment: Moment) => number | string | null;

/** A function of a date; `mode` is which dates have a value. */
function ofDate(mode: DateMode, type: SqlType, read: Read, mayBeNull = false): SqlFunction {
  return unary((value, { scope }) => toCalendar(value, scope, mode), type, read, mayBeNull);
}

/** A function of a date and time. */
function ofDatetime(mode: DateMode, type: SqlType, read: Read): SqlFunction {
  return unary((value, { scope }) => toDatetime(value, scope, mode), type, read, false);
}

function ofTime(type: SqlType, read: Read): SqlFunction {
  return unary((value, { scope }) => toTime(value, scope), type, read, false);
}

function unary(
  convert: (value: Typed, call: Call) => Typed,
  type: SqlType,
  read: Read,
  mayBeNull: boolean,
): SqlFunction {
  return {
    arity: [1, 1],
    compile: ([value], call) =>
      applyStrict(
        [convert(value!, call)],
        call,
        { type, mayBeNull },
        (source) => `${call.scope.bind(read)}(${source})`,
      ),
  };
}

/** WEEK and YEARWEEK with a mode; where that is NULL the week is 0. */
function ofWeek(digits: number, read: (moment: Moment, mode: number) => number): SqlFunction {
  const inMode = (moment: Moment, mode: number | null): number =>
    mode === null ? 0 : read(moment, mode);
  return {
    arity: [1, 2],
    compile([value, mode], call) {
      const { scope } = call;
      const modeSource = mode === undefined ? "0" : toWholeNumber(mode, scope).source;
      return applyStrict(
        [toCalendar(value!, scope, "real")],
        call,
        { type: smallInteger(digits) },
        (source) => `${scope.bind(inMode)}(${source}, ${modeSource})`,
      );
    },
  };
}

const day = ofDate("partial", smallInteger(2), ({ day: number }) => number);

/** Functions that tell a part of a date or time. */
export const PART_FUNCTIONS: FunctionTable = {
  year: ofDate("partial", YEAR, ({ year }) => year),
  month: ofDate("partial", smallInteger(2), ({ month }) => month),
  day,
  dayofmonth: day,
  quarter: ofDate("partial", smallInteger(1), quarterOf),
  hour: ofTime(smallInteger(3), ({ hour }) => hour),
  minute: ofTime(smallInteger(2), ({ minute }) => minute),
  second: ofTime(smallInteger(2), ({ second }) => second),
  microsecond: ofTime(WIDE, ({ microsecond }) => microsecond),
  time_to_sec: ofTime(smallInteger(9), (time) => withSign(time, secondsOfTime(time))),
  dayofyear: ofDate("real", smallInteger(3), dayOfYear),
  dayofweek: ofDate("real", smallInteger(1), (date) => ((weekdayOf(date) + 1) % 7) + 1),
  weekday: ofDate("real", smallInteger(1), weekdayOf),
  weekofyear: ofDate("real", smallInteger(2), (date) => weekOf(date, 3).week),
  week: ofWeek(2, (date, mode) => weekOf(date, weekMode(mode)).week),
  yearweek: ofWeek(6, yearWeek),
  dayname: ofDate("real", sessionText(9), (date) => DAY_NAMES[weekdayOf(date)]!),
  monthname: ofDate("partial", sessionText(9), ({ month }) => MONTH_NAMES[month - 1] ?? null, true),
  to_days: ofDate("counted", smallInteger(7), ({ year, month, day: number }) =>
    dayNumber(year, month, number),
  ),
  to_seconds: ofDatetime(
    "real",
    WIDE,
    (moment) => dayNumber(moment.year, moment.month, moment.day) * 86_400 + secondsOfTime(moment),
  ),

  extract_year: ofDatetime("partial", smallInteger(4), ({ year }) => year),
  extract_year_month: ofDatetime(
    "partial",
    smallInteger(6),
    ({ year, month }) => year * 100 + month,
  ),
  extract_quarter: ofDatetime("partial", smallInteger(1), quarterOf),
  extract_month: ofDatetime("partial", smallInteger(2), ({ month }) => month),
  // of a date with zero parts the week has nine digits
  extract_week: ofDatetime("partial", smallInteger(9), (date) => weekOf(date, 0).week),
  extract_day: ofDatetime("partial", smallInteger(2), ({ day: number }) => number),
  extract_hour: ofClock(3, ({ hour }) => hour),
  extract_minute: ofClock(2, ({ minute }) => minute),
  extract_second: ofClock(2, ({ second }) => second),
  extract_microsecond: ofClock(6, ({ microsecond }) => microsecond),
  extract_hour_minute: ofClock(5, (time) => Math.floor(clock(time) / 100)),
  extract_hour_second: ofClock(7, clock),
  extract_hour_microsecond: ofClock(13, (time) => clock(time) * 1e6 + time.microsecond),
  extract_minute_second: ofClock(4, (time) => clock(time) % 10_000),
  extract_minute_microsecond: ofClock(
    10,
    (time) => (clock(time) % 10_000) * 1e6 + time.microsecond,
  ),
  extract_second_microsecond: ofClock(8, (time) => time.second * 1e6 + time.microsecond),
  extract_day_hour: ofClock(8, (time) => time.day * 100 + time.hour),
  extract_day_minute: ofClock(10, (time) => time.day * 10_000 + Math.floor(clock(time) / 100)),
  extract_day_second: ofClock(12, dayClock),
  extract_day_microsecond: ofClock(19, (time) => dayClock(time) * 1e6 + time.microsecond),
};

/** EXTRACT of a unit of time, of a date and time with its day. Only of temporal types: how MySQL reads others depends on what they look like. */
function ofClock(digits: number, read: (moment: Moment) => number): SqlFunction {
  const signed = (time: Moment): number => withSign(time, read(time));
  return {
    arity: [1, 1],
    compile([value], call) {
      const { kind } = value!.type;
      if (kind !== "date" && kind !== "datetime" && kind !== "time" && kind !== "null") {
        const unit = call.name.replace("extract_", "").toUpperCase();
        call.scope.refuse(
          value!.at,
          `EXTRACT(${unit} …) takes a date or a time here: use CAST(… AS DATETIME) or CAST(… AS TIME)`,
        );
      }
      const type = smallInteger(digits);
      return applyStrict(
        [value!],
        call,
        { type },
        (source) => `${call.scope.bind(signed)}(${source})`,
      );
    },
  };
}

function quarterOf({ month }: Moment): number {
  return Math.floor((month + 2) / 3);
}

function withSign(time: Moment, value: number): number {
  return time.isNegative && value !== 0 ? -value : value;
}

/** `hhmmss`. */
function clock({ hour, minute, second }: Moment): number {
  return hour * 10_000 + minute * 100 + second;
}

/** `ddhhmmss`. */
function dayClock(moment: Moment): number {
  return moment.day * 1_000_000 + clock(moment);
}

function yearWeek(date: Moment, mode: number): number {
  const bits = signedBits(mode);
  const { year, week } = weekOf(date, bits < 0 ? 0 : (bits & 7) | 2);
  return year * 100 + week;
}

function weekMode(mode: number): number {
  const bits = signedBits(mode);
  return bits < 0 ? 0 : bits & 7;
}

/** MySQL takes the mode as 32 bits with a sign, and one below 0 for 0. */
function signedBits(mode: number): number {
  return Number(BigInt.asIntN(32, BigInt(Math.trunc(mode))));
}
