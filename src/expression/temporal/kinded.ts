/** Texts and numbers as dates, with what they look like: a date or a date and time. */
import type { Moment } from "../../core/sql-value.ts";
import { applyStrict } from "../apply.ts";
import { toText } from "../convert.ts";
import type { Scope, Typed } from "../typed.ts";
import { refuseNotTemporal } from "./convert.ts";
import { createMoment, REAL_DATES } from "./moment.ts";
import { parseDatetime } from "./parse-datetime.ts";
import { partsOfDecimal, partsOfDouble, partsToDatetime, type Parts } from "./parse-number.ts";
import { roundUpDatetime } from "./round.ts";

/** A date and time that was a date if `isDate`. */
export interface KindedDatetime {
  readonly moment: Moment;
  readonly isDate: boolean;
}

/** A text or number as a {@link KindedDatetime}, NULL where it is no real date; its type stands for nothing. */
export function toKindedDatetime(value: Typed, scope: Scope): Typed {
  const { type } = value;
  refuseNotTemporal(value, scope);
  if (value.notNumber !== undefined) scope.refuse(value.at, value.notNumber);
  const make = (from: Typed, body: (source: string) => string): Typed =>
    applyStrict(
      [from],
      { at: value.at, scope },
      { type: { kind: "opaque", name: "datetime" }, mayBeNull: true },
      body,
    );
  switch (type.kind) {
    case "null":
      return value;
    case "text":
    case "enum":
    case "set":
      return make(toText(value, scope), (source) => `${scope.bind(kindedText)}(${source})`);
    case "bytes":
      return make(value, (source) => `${scope.bind(kindedBytes)}(${source})`);
    case "integer":
      if (type.bits !== undefined) return scope.refuse(value.at, "a BIT as a date");
      if (type.isYear === true)
        return make(value, (source) => `${scope.bind(kindedYear)}(${source})`);
      return make(
        value,
        (source) => `${scope.bind(kindedNumber)}({ whole: Number(${source}), nanosecond: 0 })`,
      );
    case "decimal":
      return make(
        value,
        (source) =>
          `${scope.bind(kindedNumber)}(${scope.bind(partsOfDecimal)}(${source}, ${type.frac}))`,
      );
    case "double":
      return make(
        value,
        (source) => `${scope.bind(kindedNumber)}(${scope.bind(partsOfDouble)}(${source}))`,
      );
    default:
      return scope.refuse(value.at, `a value of type ${type.kind} as a date`);
  }
}

function kindedText(text: string): KindedDatetime | null {
  const parsed = parseDatetime(text, REAL_DATES);
  if (parsed.kind === "none" || parsed.kind === "invalid") return null;
  const moment = parsed.isUp ? roundUpDatetime(parsed.moment) : parsed.moment;
  return moment === null ? null : { moment, isDate: parsed.kind === "date" };
}

function kindedBytes(bytes: Uint8Array): KindedDatetime | null {
  return kindedText(Buffer.from(bytes).toString("latin1"));
}

function kindedNumber(parts: Parts): KindedDatetime | null {
  const moment = partsToDatetime(parts, REAL_DATES);
  return moment === null ? null : { moment, isDate: parts.whole <= 99_991_231 };
}

function kindedYear(year: number): KindedDatetime {
  return { moment: createMoment({ year, month: 1, day: 1 }), isDate: false };
}
