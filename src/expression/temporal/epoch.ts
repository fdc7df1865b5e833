/** UNIX_TIMESTAMP, FROM_UNIXTIME and CONVERT_TZ, in a session of UTC. */
import type { JsonValue, Moment } from "../../core/sql-value.ts";
import { applyStrict } from "../apply.ts";
import { fold } from "../fold.ts";
import type { Call, FunctionTable } from "../functions.ts";
import { smallInteger, type SqlType } from "../sql-type.ts";
import type { Scope, Typed } from "../typed.ts";
import { fractionOfNumber, toParts } from "./arguments.ts";
import { fractionOf, toDatetime } from "./convert.ts";
import { formatDatetime } from "./date-format.ts";
import { pad } from "./format.ts";
import {
  createMoment,
  dateOfDayNumber,
  dayNumber,
  secondsOfTime,
  timeOfSeconds,
} from "./moment.ts";
import type { Parts } from "./parse-number.ts";
import { roundUpDatetime } from "./round.ts";

/** The day number of 1970-01-01. */
const EPOCH_DAY = 719_528;
/** 3001-01-18 23:59:59, the last second of MySQL's time stamps. */
const MAX_SECOND = 32_536_771_199;

/** Functions of seconds since 1970 and of time zones. */
export const EPOCH_FUNCTIONS: FunctionTable = {
  unix_timestamp: {
    arity: [0, 1],
    compile([value], call) {
      if (value === undefined) {
        return call.scope.refuse(
          call.at,
          "unix_timestamp(): a document must not depend on when it is written",
        );
      }
      return unixTimestamp(value, call);
    },
  },
  from_unixtime: {
    arity: [1, 2],
    compile([value, format], call) {
      const datetime = fromUnixTime(value!, call);
      return format === undefined ? datetime : formatDatetime(datetime, format, call);
    },
  },
  convert_tz: {
    arity: [3, 3],
    compile: ([value, from, to], call) => convertTz(value!, from!, to!, call),
  },
};

function unixTimestamp(value: Typed, call: Call): Typed {
  const { scope } = call;
  refuseVague(value, call);
  const fraction = fractionOf(value, "datetime");
  const { realDate: _, ...plain } = value;
  // what is no real date counts as 0
  const datetime = toDatetime(plain, scope);
  const type: SqlType =
    fraction === 0
      ? smallInteger(20)
      : { kind: "decimal", precision: 11 + fraction, scale: fraction, frac: fraction };
  const make = (result: SqlType, read: (moment: Moment | null) => unknown): Typed =>
    applyStrict([value], call, { type: result }, () => `${scope.bind(read)}(${datetime.source})`);
  if (fraction === 0) return make(type, secondsSince1970);
  const json = make({ kind: "json" }, jsonSince1970);
  const integer = make(smallInteger(20), secondsSince1970);
  return { ...make(type, scaledSince1970[fraction - 1]!), json, integer, hasOwnDigits: true };
}

/** Refuses what may be no date and was computed: where it is none it is 0, or NULL by what computed it. */
function refuseVague(value: Typed, { scope }: Call): void {
  const { type, constant, isColumn, at } = value;
  if (type.kind === "date" || type.kind === "datetime" || isColumn === true) return;
  const known = constant === undefined ? undefined : toDatetimeConstant(value, scope);
  if (known === null || (known === undefined && type.kind !== "null")) {
    scope.refuse(at, "unix_timestamp of what may be no date: CAST it AS DATETIME first");
  }
}

function toDatetimeConstant(value: Typed, scope: Scope): unknown {
  const folded = fold([value], { at: value.at, scope }, ([known], inner) =>
    toDatetime(known!, inner.scope),
  );
  return folded.constant?.value ?? null;
}

/** Microseconds where there are any, else a whole number. */
function jsonSince1970(moment: Moment | null): JsonValue {
  const second = String(secondsSince1970(moment));
  const hasFraction = moment !== null && second !== "0" && moment.microsecond !== 0;
  return { kind: "number", text: hasFraction ? `${second}.${pad(moment.microsecond, 6)}` : second };
}

function secondsSince1970(moment: Moment | null): number {
  if (moment === null) return 0;
  const second = secondOf(moment);
  return second > 0 && second <= MAX_SECOND ? second : 0;
}

const scaledSince1970 = [1, 2, 3, 4, 5, 6].map((fraction) => {
  const step = 10 ** (6 - fraction);
  return (moment: Moment | null): bigint => {
    if (moment === null) return 0n;
    const second = secondOf(moment);
    if (second <= 0 || second > MAX_SECOND) return 0n;
    return BigInt(second) * 10n ** BigInt(fraction) + BigInt(Math.floor(moment.microsecond / step));
  };
});

function secondOf(moment: Moment): number {
  const day = dayNumber(moment.year, moment.month, moment.day) - EPOCH_DAY;
  return day * 86_400 + secondsOfTime(moment);
}

/** The moment of a second since 1970-01-01. */
function momentOfSecond(second: number, microsecond: number): Moment {
  const day = Math.floor(second / 86_400);
  return createMoment({
    ...dateOfDayNumber(day + EPOCH_DAY),
    ...timeOfSeconds(second - day * 86_400),
    microsecond,
  });
}

function fromUnixTime(value: Typed, call: Call): Typed {
  const { scope } = call;
  const fraction = fractionOfNumber(value);
  return applyStrict(
    [toParts(value, scope)],
    call,
    { type: { kind: "datetime", fraction }, mayBeNull: true },
    (source) => `${scope.bind(momentOfParts)}(${source})`,
  );
}

function momentOfParts({ whole, nanosecond }: Parts): Moment | null {
  if (whole < 0 || nanosecond < 0 || whole > MAX_SECOND) return null;
  const moment = momentOfSecond(whole, Math.floor(nanosecond / 1000));
  if (nanosecond % 1000 < 500) return moment;
  const isLast = whole === MAX_SECOND && moment.microsecond === 999_999;
  return isLast ? null : roundUpDatetime(moment);
}

function convertTz(value: Typed, from: Typed, to: Typed, call: Call): Typed {
  const { scope } = call;
  const [source, target] = [from, to].map((zone) => offsetOf(zone, call));
  const datetime = toDatetime(value, scope);
  const fraction = fractionOf(value, "datetime");
  const shift = (moment: Moment): Moment => {
    const second = secondOf(moment) - source!;
    // out of the range of time stamps nothing is converted
    if (second <= 0 || second > MAX_SECOND) return moment;
    return momentOfSecond(second + target!, moment.microsecond);
  };
  return applyStrict(
    [datetime],
    call,
    { type: { kind: "datetime", fraction } },
    (input) => `${scope.bind(shift)}(${input})`,
  );
}

function offsetOf(zone: Typed, call: Call): number {
  const text = zone.constant?.value;
  const offset = typeof text === "string" ? parseZone(text) : null;
  return (
    offset ??
    call.scope.refuse(
      zone.at,
      "convert_tz takes offsets such as '+02:00' here: named zones depend on the tables of the server; use at_zone(x, 'Europe/Berlin')",
    )
  );
}

/** `±h:mm` from -13:59 to +14:00, in seconds. */
function parseZone(text: string): number | null {
  const match = /^([+-])(\d{1,2}):([0-5]\d)$/.exec(text);
  if (match === null) return null;
  const minutes = (Number(match[2]) * 60 + Number(match[3])) * (match[1] === "-" ? -1 : 1);
  return minutes > -840 && minutes <= 840 ? minutes * 60 : null;
}
