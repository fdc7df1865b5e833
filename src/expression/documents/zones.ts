/**
 * Wall clocks of time zones as instants, by the time zone database of the runtime (`Intl`).
 *
 * Where clocks are put forward, a wall clock time that never was is read with the offset from before the change (02:30 becomes 03:30 summer time); where they are put back, a
 * time that was twice is the first one. That is what java.time and the Temporal API ("compatible") do.
 */
import type { Moment } from "../../core/sql-value.ts";

/** A time zone: how far its clocks are before UTC at an instant. */
export interface Zone {
  /** Seconds to add to UTC at this instant (milliseconds since 1970). */
  offsetAt(instantMs: number): number;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** The zone with this name (`Asia/Shanghai`, `UTC`) or offset (`+08:00`); null when there is none. */
export function findZone(name: string): Zone | null {
  const fixed = /^([+-])(\d\d):([0-5]\d)$/.exec(name);
  if (fixed !== null) {
    const seconds = Number(fixed[2]) * 3600 + Number(fixed[3]) * 60;
    // MySQL's range
    if (seconds > 14 * 3600) return null;
    const offset = fixed[1] === "-" ? -seconds : seconds;
    return { offsetAt: () => offset };
  }
  if (!/^[A-Za-z]/.test(name)) return null;
  try {
    return createNamedZone(name);
  } catch {
    return null;
  }
}

/** Days whose offsets are kept: a table's dates come in runs. */
const KEPT_DAYS = 1024;

function createNamedZone(timeZone: string): Zone {
  const format = new Intl.DateTimeFormat("en-US", { timeZone, timeZoneName: "longOffset" });
  const ask = (instantMs: number): number => offsetSeconds(format, instantMs);
  /** By day: the offset that it has throughout, or null where it changes. */
  const days = new Map<number, number | null>();
  const offsetOfDay = (day: number): number | null => {
    const start = day * DAY_MS;
    const first = ask(start);
    for (let hour = 1; hour <= 24; hour++) if (ask(start + hour * HOUR_MS) !== first) return null;
    return first;
  };
  return {
    offsetAt(instantMs) {
      const day = Math.floor(instantMs / DAY_MS);
      let offset = days.get(day);
      if (offset === undefined) {
        if (days.size >= KEPT_DAYS) days.clear();
        offset = offsetOfDay(day);
        days.set(day, offset);
      }
      return offset ?? ask(instantMs);
    },
  };
}

/** `GMT`, `GMT+08:00` or, before there were zones, `GMT+08:05:43`. */
function offsetSeconds(format: Intl.DateTimeFormat, instantMs: number): number {
  const name = format.formatToParts(instantMs).find((part) => part.type === "timeZoneName")?.value;
  const match = /^GMT(?:([+-])(\d\d):(\d\d)(?::(\d\d))?)?$/.exec(name ?? "");
  if (match === null) throw new RangeError(`no offset in ${name}`);
  const [, sign, hours = 0, minutes = 0, seconds = 0] = match;
  const size = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
  return sign === "-" ? -size : size;
}

/** The instant, in milliseconds since 1970 (microseconds beyond are cut), at which the zone's clocks show this time; the date is one of the calendar. */
export function instantOf(wall: Moment, zone: Zone): number {
  const local = wallMs(wall);
  // The offset is that of one of the days around; whichever names an instant with that very offset is right.
  const before = zone.offsetAt(local - DAY_MS);
  const after = zone.offsetAt(local + DAY_MS);
  for (const offset of before === after ? [before] : [before, after]) {
    const instant = local - offset * 1000;
    if (zone.offsetAt(instant) === offset) return instant;
  }
  return local - before * 1000;
}

/** The wall clock as if it were UTC's, in milliseconds since 1970. */
export function wallMs({ year, month, day, hour, minute, second, microsecond }: Moment): number {
  const date = new Date(0);
  // not Date.UTC, which takes years below 100 for those of the last century
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute, second, Math.floor(microsecond / 1000));
  return date.getTime();
}
