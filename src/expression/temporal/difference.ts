/** Differences between dates and times, and times added to them. */
import type { Moment } from "../../core/sql-value.ts";
import { withInteger, withTimeText } from "./time-text.ts";
import { applyStrict } from "../apply.ts";
import type { Call, FunctionTable, SqlFunction } from "../functions.ts";
import { smallInteger, type SqlType } from "../sql-type.ts";
import type { Typed } from "../typed.ts";
import { toCalendar } from "./arguments.ts";
import { fractionOf, toDatetime, toTime } from "./convert.ts";
import { addToDatetime, timeOfMicroseconds } from "./interval.ts";
import { dayNumber, secondsOfTime } from "./moment.ts";
import { clampTime, isBeyondTime, parseTime } from "./parse-time.ts";

const WIDE = smallInteger(20);
const WIDE_BIGINT = { kind: "integer", isUnsigned: false, isSmall: false, digits: 20 } as const;

/** Seconds of the units of TIMESTAMPDIFF that have a fixed length. */
const UNIT_SECONDS: Readonly<Record<string, number>> = {
  week: 604_800,
  day: 86_400,
  hour: 3600,
  minute: 60,
  second: 1,
};

const UNIT_MONTHS: Readonly<Record<string, number>> = { year: 12, quarter: 3, month: 1 };

/** DATEDIFF, TIMEDIFF, TIMESTAMPDIFF, ADDTIME, SUBTIME and TIMESTAMP with two arguments. */
export const DIFFERENCE_FUNCTIONS: FunctionTable = {
  datediff: {
    arity: [2, 2],
    compile([end, begin], { scope, at }) {
      const days = [end!, begin!].map((value) => toCalendar(value, scope, "counted"));
      // both are evaluated, so that an error in one is not hidden by NULL in the other
      return {
        type: smallInteger(8),
        isNullable: days.some(({ isNullable }) => isNullable),
        source: `${scope.bind(daysBetween)}(${days.map(({ source }) => source).join(", ")})`,
        at,
      };
    },
  },
  timediff: { arity: [2, 2], compile: ([end, begin], call) => timeDiff(end!, begin!, call) },
  addtime: addTime(1),
  subtime: addTime(-1),
  timestamp: {
    arity: [1, 2],
    compile([date, time], call) {
      const datetime = toDatetime(date!, call.scope);
      if (time === undefined) return datetime;
      return plusTime(datetime, toTime(time, call.scope), call, 1);
    },
  },
  timestampdiff_microsecond: timestampDiff(WIDE_BIGINT, microsecondsBetween),
  ...Object.fromEntries(
    Object.entries(UNIT_SECONDS).map(([unit, seconds]) => [
      `timestampdiff_${unit}`,
      timestampDiff(WIDE, (end, begin) => secondsBetween(end, begin, seconds)),
    ]),
  ),
  ...Object.fromEntries(
    Object.entries(UNIT_MONTHS).map(([unit, months]) => [
      `timestampdiff_${unit}`,
      timestampDiff(WIDE, (end, begin) => plain(Math.trunc(monthsBetween(end, begin) / months))),
    ]),
  ),
};

function binary(
  args: readonly Typed[],
  call: Call,
  type: SqlType,
  compute: (a: Moment, b: Moment) => unknown,
  mayBeNull = false,
): Typed {
  return applyStrict(
    args,
    call,
    { type, mayBeNull },
    (a, b) => `${call.scope.bind(compute)}(${a}, ${b})`,
  );
}

function timestampDiff(
  type: SqlType,
  compute: (end: Moment, begin: Moment) => unknown,
): SqlFunction {
  return {
    arity: [2, 2],
    compile: ([begin, end], call) =>
      binary(
        [toDatetime(begin!, call.scope), toDatetime(end!, call.scope)],
        call,
        type,
        (from: Moment, to: Moment) => compute(to, from),
      ),
  };
}

function timeDiff(end: Typed, begin: Typed, call: Call): Typed {
  const kinds = [end, begin].map((value) => clockKind(value, call));
  const fraction = Math.max(fractionOf(end, "time"), fractionOf(begin, "time"));
  const type = { kind: "time", fraction } as const;
  // a time and a date have no difference
  if (kinds.includes("time") && kinds.includes("datetime")) {
    return applyStrict([end, begin], call, { type, mayBeNull: true }, () => "null");
  }
  const compute = (a: Moment, b: Moment): Moment => clampTime(timeOfMicroseconds(distance(a, b)));
  return binary([end, begin], call, type, compute);
}

function addTime(sign: 1 | -1): SqlFunction {
  return {
    arity: [2, 2],
    compile([value, time], call) {
      const { scope } = call;
      if (value!.type.kind === "null") scope.refuse(value!.at, `${call.name} of NULL`);
      const isTime = clockKind(value!, call) === "time";
      const { constant, type } = time!;
      if (
        type.kind === "text" ||
        type.kind === "bytes" ||
        type.kind === "enum" ||
        type.kind === "set"
      ) {
        const isWhole =
          typeof constant?.value === "string" && (parseTime(constant.value)?.isWhole ?? false);
        if (!isWhole)
          scope.refuse(time!.at, `a text that may be no time in ${call.name}: use CAST(… AS TIME)`);
      }
      return plusTime(
        isTime ? value! : toDatetime(value!, scope),
        toTime(time!, scope),
        call,
        sign,
      );
    },
  };
}

/** Is it a time, or a date with or without one? Refuses what tells it by its looks only. */
function clockKind({ type, at }: Typed, { name, scope }: Call): "time" | "datetime" | "null" {
  switch (type.kind) {
    case "time":
    case "null":
      return type.kind;
    case "date":
    case "datetime":
      return "datetime";
    default:
      return scope.refuse(
        at,
        `${name} takes dates and times here, not what may look like one: use CAST(… AS DATETIME) or CAST(… AS TIME)`,
      );
  }
}

function plusTime(value: Typed, time: Typed, call: Call, sign: 1 | -1): Typed {
  const fraction = Math.max(fractionOf(value, "datetime"), fractionOf(time, "time"));
  if (value.type.kind === "time") {
    const compute = sign === 1 ? sumOfTimes : differenceOfTimes;
    const sum = binary([value, time], call, { kind: "time", fraction }, compute, true);
    return withTimeText(withInteger(sum, call), call);
  }
  const compute = sign === 1 ? datetimePlus : datetimeMinus;
  const type = { kind: "datetime", fraction } as const;
  return withInteger(binary([value, time], call, type, compute, true), call);
}

function sumOfTimes(a: Moment, b: Moment): Moment | null {
  const time = timeOfMicroseconds(distance(a, { ...b, isNegative: !b.isNegative }));
  return isBeyondTime(time) ? null : time;
}

function differenceOfTimes(a: Moment, b: Moment): Moment | null {
  const time = timeOfMicroseconds(distance(a, b));
  return isBeyondTime(time) ? null : time;
}

function datetimePlus(date: Moment, time: Moment): Moment | null {
  return shifted(date, time, time.isNegative ? -1 : 1);
}

function datetimeMinus(date: Moment, time: Moment): Moment | null {
  return shifted(date, time, time.isNegative ? 1 : -1);
}

function shifted(date: Moment, time: Moment, sign: 1 | -1): Moment | null {
  const seconds = sign * secondsOfTime(time);
  return addToDatetime(date, {
    months: 0,
    days: 0,
    seconds,
    microseconds: sign * time.microsecond,
  });
}

/** Microseconds from `b` to `a`; inexact only far beyond the range of TIME. */
function distance(a: Moment, b: Moment): number {
  const signOfA = a.isNegative ? -1 : 1;
  const signOfB = b.isNegative ? -1 : 1;
  const seconds = signOfA * secondOf(a) - signOfB * secondOf(b);
  return seconds * 1_000_000 + signOfA * a.microsecond - signOfB * b.microsecond;
}

function dayOf({ year, month, day }: Moment): number {
  return dayNumber(year, month, day);
}

function secondOf(moment: Moment): number {
  return dayOf(moment) * 86_400 + secondsOfTime(moment);
}

function daysBetween(end: Moment | null, begin: Moment | null): number | null {
  return end === null || begin === null ? null : dayOf(end) - dayOf(begin);
}

function microsecondsBetween(end: Moment, begin: Moment): bigint {
  return (
    BigInt(secondOf(end) - secondOf(begin)) * 1_000_000n +
    BigInt(end.microsecond - begin.microsecond)
  );
}

/** Whole units of so many seconds, cut toward 0. */
function secondsBetween(end: Moment, begin: Moment, unit: number): number {
  let seconds = secondOf(end) - secondOf(begin);
  const microseconds = end.microsecond - begin.microsecond;
  if (seconds > 0 && microseconds < 0) seconds -= 1;
  else if (seconds < 0 && microseconds > 0) seconds += 1;
  return plain(Math.trunc(seconds / unit));
}

/** Whole months, cut toward 0. */
function monthsBetween(end: Moment, begin: Moment): number {
  const isBackwards = microsecondsBetween(end, begin) < 0n;
  const [from, to] = isBackwards ? [end, begin] : [begin, end];
  let months = (to.year - from.year) * 12 + to.month - from.month;
  const rest =
    to.day - from.day ||
    secondsOfTime(to) - secondsOfTime(from) ||
    to.microsecond - from.microsecond;
  if (rest < 0) months -= 1;
  return isBackwards ? -months : months;
}

/** Without the sign of a zero. */
function plain(value: number): number {
  return value === 0 ? 0 : value;
}
