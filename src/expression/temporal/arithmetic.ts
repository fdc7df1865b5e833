/** DATE_ADD and its kin, in all spellings. */
import type { Moment } from "../../core/sql-value.ts";
import { applyStrict } from "../apply.ts";
import { toText } from "../convert.ts";
import type { Call, FunctionTable, SqlFunction } from "../functions.ts";
import { sessionText, type SqlType } from "../sql-type.ts";
import type { Scope, Typed } from "../typed.ts";
import { toSignedBigInt } from "./arguments.ts";
import { fractionOf, toDatetime } from "./convert.ts";
import { formatMoment } from "./format.ts";
import {
  addToDatetime,
  addToTime,
  compositeInterval,
  hasMicroseconds,
  isComposite,
  isOfDays,
  isOfTime,
  negated,
  secondInterval,
  simpleInterval,
  type Interval,
} from "./interval.ts";
import { toKindedDatetime, type KindedDatetime } from "./kinded.ts";
import { partsOfDecimal, partsOfText } from "./parse-number.ts";
import { withInteger, withTimeText } from "./time-text.ts";

interface Addition {
  readonly date: Typed;
  readonly count: Typed;
  readonly unit: string;
  readonly isBackwards: boolean;
}

/** `date_add(date, interval)`, `adddate(date, days)` and the same backwards. */
function dateAdd(isBackwards: boolean): SqlFunction {
  return {
    arity: [2, 2],
    compile([date, count], call) {
      const written = call.written[1];
      const unit = written?.kind === "interval" ? written.unit : "day";
      return compileAddition({ date: date!, count: count!, unit, isBackwards }, call);
    },
  };
}

function timestampAdd(unit: string): SqlFunction {
  return {
    arity: [2, 2],
    compile: ([count, date], call) =>
      compileAddition({ date: date!, count: count!, unit, isBackwards: false }, call),
  };
}

const SIMPLE_UNITS = [
  "microsecond",
  "second",
  "minute",
  "hour",
  "day",
  "week",
  "month",
  "quarter",
  "year",
];

/** Functions that add an interval. */
export const ARITHMETIC_FUNCTIONS: FunctionTable = {
  date_add: dateAdd(false),
  adddate: dateAdd(false),
  date_sub: dateAdd(true),
  subdate: dateAdd(true),
  ...Object.fromEntries(SIMPLE_UNITS.map((unit) => [`timestampadd_${unit}`, timestampAdd(unit)])),
};

function compileAddition(addition: Addition, call: Call): Typed {
  const { date, unit } = addition;
  const { scope } = call;
  const interval = compileInterval(addition, scope);
  const add = (value: Typed, type: SqlType, apply: (...values: never[]) => unknown): Typed =>
    applyStrict([value, interval], call, { type, mayBeNull: true }, (...sources) => {
      const [source, by] = sources;
      return interval.canFail
        ? `(${by} === null ? null : ${scope.bind(apply)}(${source}, ${by}))`
        : `${scope.bind(apply)}(${source}, ${by})`;
    });
  const fraction = Math.max(fractionOfInterval(addition), fractionOf(date, "datetime"));
  switch (date.type.kind) {
    case "date": {
      const type = isOfDays(unit)
        ? ({ kind: "date" } as const)
        : ({ kind: "datetime", fraction } as const);
      return withInteger(add(toDatetime(date, scope), type, addToDatetime), call);
    }
    case "datetime":
      return withInteger(
        add(toDatetime(date, scope), { kind: "datetime", fraction }, addToDatetime),
        call,
      );
    case "time":
      if (!isOfTime(unit)) {
        scope.refuse(
          call.at,
          `a time and ${unit.toUpperCase()} would be a date near the current day`,
        );
      }
      return withTimeText(
        withInteger(add(date, { kind: "time", fraction }, addToTime), call),
        call,
      );
    default: {
      const apply = isOfDays(unit) ? addDays : addTime;
      return {
        ...add(toKindedDatetime(date, scope), sessionText(29), apply),
        notNumber:
          "date arithmetic with what is no date by its type, in arithmetic or as a time: CAST it AS DATETIME first",
      };
    }
  }
}

/** The digits behind the seconds that an interval brings with it. */
function fractionOfInterval({ count: { type }, unit }: Addition): number {
  if (hasMicroseconds(unit)) return 6;
  if (unit !== "second") return 0;
  switch (type.kind) {
    case "integer":
    case "date":
    case "null":
      return 0;
    case "decimal":
      return Math.min(type.scale, 6);
    case "double":
      return 6;
    case "time":
    case "datetime":
      return type.fraction;
    default:
      return 6;
  }
}

/** The count as an {@link Interval}; its type stands for nothing. */
function compileInterval(
  { count, unit, isBackwards }: Addition,
  scope: Scope,
): Typed & { readonly canFail: boolean } {
  const place = { at: count.at, scope };
  const make = (value: Typed, body: (source: string) => string): Typed =>
    applyStrict([value], place, { type: { kind: "opaque", name: "interval" } }, (source) =>
      isBackwards ? `${scope.bind(negatedOrNull)}(${body(source)})` : body(source),
    );
  const { type } = count;
  const word = JSON.stringify(unit);
  if (count.chosen !== undefined) {
    scope.refuse(count.at, "an INTERVAL of what IF or CASE chose among several types; cast it");
  }
  if (isComposite(unit)) {
    if (type.kind === "integer" && type.bits !== undefined) {
      scope.refuse(count.at, "a BIT as an interval of several units");
    }
    const value = make(
      type.kind === "bytes" ? latin1Text(count, scope) : toText(count, scope),
      (source) => `${scope.bind(compositeInterval)}(${source}, ${word})`,
    );
    return { ...value, isNullable: value.isNullable, canFail: true };
  }
  if (unit === "second" && fractionOfInterval({ count, unit } as Addition) > 0) {
    const value = make(secondCount(count, scope), (source) => {
      const parts =
        type.kind === "decimal"
          ? `${scope.bind(partsOfDecimal)}(${source}, ${type.frac})`
          : `${scope.bind(partsOfText)}(${source})`;
      return `${scope.bind(secondInterval)}(${parts})`;
    });
    return { ...value, canFail: false };
  }
  if (type.kind === "bytes" && type.isHexLiteral === true) {
    scope.refuse(count.at, "an INTERVAL of a hex literal");
  }
  if (
    (type.kind === "text" || type.kind === "double") &&
    count.isColumn !== true &&
    count.constant === undefined
  ) {
    scope.refuse(count.at, "an INTERVAL of a computed text or DOUBLE; CAST it AS SIGNED");
  }
  const value = make(
    toSignedBigInt(count, scope),
    (source) => `${scope.bind(simpleInterval)}(${source}, ${word})`,
  );
  return { ...value, canFail: false };
}

function secondCount(count: Typed, scope: Scope): Typed {
  switch (count.type.kind) {
    case "decimal":
      return count;
    case "double":
      return applyStrict(
        [count],
        { at: count.at, scope },
        { type: sessionText(30) },
        (source) => `String(${source})`,
      );
    case "text":
      return count;
    case "bytes":
      return latin1Text(count, scope);
    default:
      return scope.refuse(count.at, `a value of type ${count.type.kind} as a count of seconds`);
  }
}

/** A binary string with a character for each byte: its digits are what counts. */
function latin1Text(value: Typed, scope: Scope): Typed {
  const decode = scope.bind(latin1);
  const type = sessionText(0);
  return applyStrict(
    [value],
    { at: value.at, scope },
    { type },
    (source) => `${decode}(${source})`,
  );
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("latin1");
}

function negatedOrNull(value: Interval | null): Interval | null {
  return value === null ? null : negated(value);
}

function addDays({ moment, isDate }: KindedDatetime, by: Interval): string | null {
  return textOf(addToDatetime(moment, by), isDate);
}

function addTime({ moment }: KindedDatetime, by: Interval): string | null {
  return textOf(addToDatetime(moment, by), false);
}

function textOf(moment: Moment | null, isDate: boolean): string | null {
  if (moment === null) return null;
  if (isDate) return formatMoment(moment, "date", 0);
  return formatMoment(moment, "datetime", moment.microsecond === 0 ? 0 : 6);
}
