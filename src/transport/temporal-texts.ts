/** Dates and times of documents (`2026-11-23T10:20:30.123456`, `-838:59:59`) as counts. Calendar days are those of the proleptic Gregorian calendar. */

/** Days from 1970-01-01 to the date `YYYY-MM-DD`. */
export function epochDay(date: string): number {
  const year = Number(date.slice(0, 4));
  const month = Number(date.slice(5, 7));
  const day = Number(date.slice(8, 10));
  // Date.UTC takes the years 0 to 99 for 1900 to 1999; 400 years later is the same day of the calendar's cycle.
  return Date.UTC(year + YEARS_A_CYCLE, month - 1, day) / MS_A_DAY - DAYS_A_CYCLE;
}

/** Microseconds from 1970-01-01T00:00:00 to `YYYY-MM-DDTHH:MM:SS` with up to six digits of fraction. */
export function epochMicroseconds(datetime: string): bigint {
  const seconds = epochDay(datetime) * 86_400 + clockSeconds(datetime.slice(11, 19));
  return BigInt(seconds) * 1_000_000n + BigInt(fractionMicroseconds(datetime, 19));
}

/** Microseconds of the duration `[-]HH:MM:SS` or `[-]HHH:MM:SS` with up to six digits of fraction. */
export function durationMicroseconds(time: string): number {
  const isNegative = time.startsWith("-");
  const point = time.indexOf(".");
  const end = point < 0 ? time.length : point;
  const seconds = clockSeconds(time.slice(isNegative ? 1 : 0, end));
  const microseconds = seconds * 1_000_000 + fractionMicroseconds(time, end);
  return isNegative && microseconds > 0 ? -microseconds : microseconds;
}

const YEARS_A_CYCLE = 400;
const DAYS_A_CYCLE = 146_097;
const MS_A_DAY = 86_400_000;

function clockSeconds(clock: string): number {
  const [hours, minutes, seconds] = clock.split(":").map(Number);
  return hours! * 3600 + minutes! * 60 + seconds!;
}

/** The digits behind the point that stands at `point`, if one does. */
function fractionMicroseconds(text: string, point: number): number {
  return text[point] === "." ? Number(text.slice(point + 1).padEnd(6, "0")) : 0;
}
