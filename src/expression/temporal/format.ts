import type { Moment } from "../../core/sql-value.ts";
import type { TemporalKind } from "./moment.ts";
import { roundDatetime, roundTime } from "./round.ts";

/** The text that MySQL gives a temporal value of this kind, with `fraction` digits behind the seconds (those beyond are cut). */
export function formatMoment(moment: Moment, kind: TemporalKind, fraction: number): string {
  if (kind === "date") return formatDate(moment);
  const time = `${pad(moment.hour, 2)}:${pad(moment.minute, 2)}:${pad(moment.second, 2)}${formatFraction(moment, fraction)}`;
  if (kind === "datetime") return `${formatDate(moment)} ${time}`;
  return moment.isNegative ? `-${time}` : time;
}

/** A number with zeros before it, as long as `length` at least. */
export function pad(value: number, length: number): string {
  return String(value).padStart(length, "0");
}

function formatDate(moment: Moment): string {
  return `${pad(moment.year, 4)}-${pad(moment.month, 2)}-${pad(moment.day, 2)}`;
}

function formatFraction(moment: Moment, fraction: number): string {
  return fraction === 0 ? "" : `.${pad(moment.microsecond, 6).slice(0, fraction)}`;
}

/** `YYYYMMDD`, `±hhmmss` or `YYYYMMDDhhmmss` with `fraction` digits behind the point, times 10^`fraction`: the DECIMAL that the value has in arithmetic. */
export function momentToNumber(moment: Moment, kind: TemporalKind, fraction: number): bigint {
  let scaled = BigInt(wholeNumber(moment, kind));
  if (fraction > 0) {
    const digits = BigInt(Math.floor(moment.microsecond / 10 ** (6 - fraction)));
    scaled = scaled * 10n ** BigInt(fraction) + (kind === "date" ? 0n : digits);
  }
  return moment.isNegative ? -scaled : scaled;
}

/** The integer that the value has, its fraction rounded half away from zero (CAST AS SIGNED). */
export function momentToInteger(moment: Moment, kind: TemporalKind): number {
  const rounded =
    kind === "time"
      ? roundTime(moment, 0)
      : (roundDatetime(moment, 0) ?? { ...moment, hour: 0, minute: 0, second: 0 });
  const whole = wholeNumber(kind === "date" ? moment : rounded, kind);
  return moment.isNegative ? -whole : whole;
}

/** The DOUBLE that the value has. */
export function momentToDouble(moment: Moment, kind: TemporalKind): number {
  const value = wholeNumber(moment, kind) + (kind === "date" ? 0 : moment.microsecond / 1e6);
  return moment.isNegative ? -value : value;
}

function wholeNumber(moment: Moment, kind: TemporalKind): number {
  const date = moment.year * 10_000 + moment.month * 100 + moment.day;
  const time = moment.hour * 10_000 + moment.minute * 100 + moment.second;
  if (kind === "date") return date;
  return kind === "time" ? time : date * 1_000_000 + time;
}
