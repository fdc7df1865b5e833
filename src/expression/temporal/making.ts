/** Functions that make dates and times of numbers, and DATE(), TIME() and LAST_DAY(). */
import type { Moment } from "../../core/sql-value.ts";
import { applyStrict } from "../apply.ts";
import type { FunctionTable, SqlFunction } from "../functions.ts";
import { sessionText } from "../sql-type.ts";
import { RowError, type Typed } from "../typed.ts";
import {
  fractionOfNumber,
  toCalendar,
  toParts,
  toSignedBigInt,
  toWholeNumber,
} from "./arguments.ts";
import { toDate, toTime } from "./convert.ts";
import {
  createMoment,
  dateOfDayNumber,
  dayNumber,
  daysInMonth,
  MAX_DAY_NUMBER,
  timeOfSeconds,
} from "./moment.ts";
import type { Parts } from "./parse-number.ts";
import { clampTime } from "./parse-time.ts";
import { roundUpTime, withoutNegativeZero } from "./round.ts";

const DATE = { kind: "date" } as const;
const WIDE_BIGINT = { kind: "integer", isUnsigned: false, isSmall: false, digits: 20 } as const;

/** Functions that make dates and times. */
export const MAKING_FUNCTIONS: FunctionTable = {
  date: { arity: [1, 1], compile: ([value], { scope }) => toDate(value!, scope) },
  time: { arity: [1, 1], compile: ([value], { scope }) => toTime(value!, scope) },
  last_day: {
    arity: [1, 1],
    compile([value], call) {
      const make = (mode: "partial" | "real"): Typed =>
        applyStrict(
          [toCalendar(value!, call.scope, mode)],
          call,
          { type: DATE, mayBeNull: true },
          (source) => `${call.scope.bind(lastDay)}(${source})`,
        );
      return { ...make("partial"), realDate: make("real") };
    },
  },
  from_days: {
    arity: [1, 1],
    compile: ([days], call) =>
      applyStrict(
        [toWholeNumber(days!, call.scope)],
        call,
        { type: DATE, mayBeNull: true },
        (source) => `${call.scope.bind(fromDays)}(${source})`,
      ),
  },
  makedate: {
    arity: [2, 2],
    compile([year, day], call) {
      const { scope } = call;
      const result = { type: DATE, mayBeNull: true };
      // the day comes first: where it is NULL the year is not looked at
      return applyStrict([toWholeNumber(day!, scope)], call, result, (daySource) => {
        const inner = applyStrict(
          [toWholeNumber(year!, scope)],
          call,
          result,
          (yearSource) => `${scope.bind(makeDate)}(${yearSource}, ${daySource})`,
        );
        return inner.source;
      });
    },
  },
  maketime: {
    arity: [3, 3],
    compile([hour, minute, second], call) {
      const { scope } = call;
      const isUnsigned =
        hour!.type.kind === "integer" && hour!.type.isUnsigned && !hour!.type.isSmall;
      if (isUnsigned) scope.refuse(hour!.at, "a BIGINT UNSIGNED as hours");
      return applyStrict(
        [toWholeNumber(hour!, scope), toWholeNumber(minute!, scope), toParts(second!, scope)],
        call,
        { type: { kind: "time", fraction: fractionOfNumber(second!) }, mayBeNull: true },
        (...sources) => `${scope.bind(makeTime)}(${sources.join(", ")})`,
      );
    },
  },
  sec_to_time: {
    arity: [1, 1],
    compile: ([seconds], call) =>
      applyStrict(
        [toParts(seconds!, call.scope)],
        call,
        { type: { kind: "time", fraction: fractionOfNumber(seconds!) } },
        (source) => `${call.scope.bind(secondsToTime)}(${source})`,
      ),
  },
  period_add: period(periodAdd),
  period_diff: period(periodDiff),
  get_format_date: getFormat(["%m.%d.%Y", "%Y-%m-%d", "%Y-%m-%d", "%d.%m.%Y", "%Y%m%d"]),
  get_format_datetime: getFormat([
    "%Y-%m-%d %H.%i.%s",
    "%Y-%m-%d %H:%i:%s",
    "%Y-%m-%d %H:%i:%s",
    "%Y-%m-%d %H.%i.%s",
    "%Y%m%d%H%i%s",
  ]),
  get_format_time: getFormat(["%h:%i:%s %p", "%H:%i:%s", "%H:%i:%s", "%H.%i.%s", "%H%i%s"]),
};

function period(compute: (a: bigint, b: bigint) => bigint): SqlFunction {
  return {
    arity: [2, 2],
    compile: (args, call) => ({
      ...applyStrict(
        args.map((value) => toSignedBigInt(value, call.scope)),
        call,
        { type: WIDE_BIGINT },
        (a, b) => `${call.scope.bind(compute)}(${a}, ${b})`,
      ),
      raises: `${call.name} is error 1210 for what is no month`,
    }),
  };
}

/** GET_FORMAT with the formats of USA, JIS, ISO, EUR and INTERNAL. */
function getFormat(formats: readonly string[]): SqlFunction {
  const names = ["USA", "JIS", "ISO", "EUR", "INTERNAL"];
  const find = (name: string): string | null => formats[names.indexOf(name.toUpperCase())] ?? null;
  return {
    arity: [1, 1],
    compile([name], call) {
      const { kind } = name!.type;
      if (kind !== "text" && kind !== "null")
        call.scope.refuse(name!.at, "GET_FORMAT takes a text");
      return applyStrict(
        [name!],
        call,
        { type: sessionText(17), mayBeNull: true },
        (source) => `${call.scope.bind(find)}(${source})`,
      );
    },
  };
}

function lastDay({ year, month }: Moment): Moment | null {
  return month === 0 ? null : createMoment({ year, month, day: daysInMonth(year, month) });
}

function fromDays(days: number): Moment | null {
  return days >= 1 && days <= MAX_DAY_NUMBER ? dateOfDayNumber(days) : null;
}

function makeDate(year: number, dayOfYear: number): Moment | null {
  if (year < 0 || year > 9999 || dayOfYear <= 0) return null;
  const full = year < 70 ? year + 2000 : year < 100 ? year + 1900 : year;
  return fromDays(dayNumber(full, 1, 1) + dayOfYear - 1);
}

function makeTime(hours: number, minute: number, seconds: Parts): Moment | null {
  const { whole: second, nanosecond } = seconds;
  if (minute < 0 || minute > 59 || second < 0 || second > 59 || nanosecond < 0) return null;
  const hour = Math.abs(hours);
  const microsecond = Math.floor(nanosecond / 1000);
  const isNegative = hours < 0;
  const time = clampTime(createMoment({ hour, minute, second, microsecond, isNegative }));
  return withoutNegativeZero(nanosecond % 1000 >= 500 ? clampTime(roundUpTime(time)) : time);
}

function secondsToTime({ whole, nanosecond }: Parts): Moment {
  const isNegative = whole < 0 || nanosecond < 0;
  const rest = Math.abs(nanosecond);
  if (Math.abs(whole) > 3_020_399) return clampTime(createMoment({ hour: 839, isNegative }));
  const microsecond = Math.floor(rest / 1000);
  const time = createMoment({ ...timeOfSeconds(Math.abs(whole)), microsecond, isNegative });
  return withoutNegativeZero(rest % 1000 >= 500 ? roundUpTime(time) : time);
}

function periodAdd(period_: bigint, months: bigint): bigint {
  return periodOf(unsigned(monthsOf(period_, "period_add") + months));
}

function periodDiff(a: bigint, b: bigint): bigint {
  return monthsOf(a, "period_diff") - monthsOf(b, "period_diff");
}

function monthsOf(value: bigint, name: string): bigint {
  const month = value % 100n;
  if (value <= 0n || month === 0n || month > 12n) {
    throw new RowError(1210, `Incorrect arguments to ${name}`);
  }
  return fullYear(value / 100n) * 12n + month - 1n;
}

function periodOf(months: bigint): bigint {
  if (months === 0n) return 0n;
  return BigInt.asIntN(64, fullYear(months / 12n) * 100n + (months % 12n) + 1n);
}

function fullYear(year: bigint): bigint {
  if (year >= 100n) return year;
  return year < 70n ? year + 2000n : year + 1900n;
}

function unsigned(value: bigint): bigint {
  return BigInt.asUintN(64, value);
}
