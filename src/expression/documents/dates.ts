/** Helpers for dates with an explicit zone. */
import type { Moment } from "../../core/sql-value.ts";
import { applyStrict } from "../apply.ts";
import { toDatetime } from "../convert.ts";
import type { Call, FunctionTable } from "../functions.ts";
import { clockText, dayText, isCalendarDay } from "../json-texts.ts";
import type { SqlType } from "../sql-type.ts";
import type { Typed } from "../typed.ts";
import { constantText } from "./constant-arguments.ts";
import { compileToDatetime } from "./epoch.ts";
import { findZone, instantOf, wallMs, type Zone } from "./zones.ts";

/**
 * Dates of which the zone is known, for Elasticsearch. The argument is a DATETIME, or what converts to one; its wall clock is read as that of the zone. Zero and partial dates are null, as in
 * columns that pass through.
 */
export const DATE_HELPERS: FunctionTable = {
  at_zone: {
    arity: [2, 2],
    compile: (args, call) => dateHelper(args, call, zoneOf(args[1]!, call), createAtZone),
  },
  to_utc: {
    arity: [2, 2],
    compile: (args, call) => dateHelper(args, call, zoneOf(args[1]!, call), createToUtc),
  },
  iso_date: {
    arity: [1, 1],
    compile: (args, call) => dateHelper(args, call, UTC, createToUtc),
  },
  to_datetime: {
    arity: [1, 1],
    compile: (args, call) => compileToDatetime(args[0]!, call),
  },
  epoch_ms: {
    arity: [1, 2],
    compile(args, call) {
      const zone = args[1] === undefined ? UTC : zoneOf(args[1], call);
      const type = { kind: "integer", isUnsigned: false, isSmall: true, digits: 15 } as const;
      const moment = toDatetime(args[0]!, call.scope);
      return applyMoment(moment, call, type, (value) =>
        isCalendarDay(value) ? instantOf(value, zone) : null,
      );
    },
  },
};

const UTC: Zone = { offsetAt: () => 0 };

type CreateText = (zone: Zone, fraction: number) => (moment: Moment) => string | null;

function dateHelper(args: readonly Typed[], call: Call, zone: Zone, create: CreateText): Typed {
  const moment = toDatetime(args[0]!, call.scope);
  // as many digits behind the seconds as the DATETIME has
  const fraction = moment.type.kind === "datetime" ? moment.type.fraction : 0;
  const type = { kind: "field", field: { kind: "timestamp", fraction } } as const;
  return applyMoment(moment, call, type, create(zone, fraction));
}

function applyMoment(
  moment: Typed,
  call: Call,
  type: SqlType,
  helper: (moment: Moment) => string | number | null,
): Typed {
  const name = call.scope.bind(helper);
  return applyStrict([moment], call, { type, mayBeNull: true }, (value) => `${name}(${value})`);
}

function zoneOf(argument: Typed, call: Call): Zone {
  const name = constantText(argument, call, "the time zone");
  return (
    findZone(name) ??
    call.scope.refuse(argument.at, `there is no time zone ${name}: write Asia/Shanghai or +08:00`)
  );
}

function createAtZone(zone: Zone, fraction: number): (moment: Moment) => string | null {
  const utc = createToUtc(zone, fraction);
  return (moment) => {
    if (!isCalendarDay(moment)) return null;
    const instant = instantOf(moment, zone);
    const offset = zone.offsetAt(instant);
    // ISO 8601 has no seconds in offsets
    if (offset % 60 !== 0) return utc(moment);
    const shown = shift(moment, instant + offset * 1000 - wallMs(moment));
    return `"${dayText(shown)}T${clockText(shown, fraction)}${offsetText(offset)}"`;
  };
}

function createToUtc(zone: Zone, fraction: number): (moment: Moment) => string | null {
  return (moment) => {
    if (!isCalendarDay(moment)) return null;
    const shown = shift(moment, instantOf(moment, zone) - wallMs(moment));
    // beyond year 9999 or before year 0
    if (shown.year < 0 || shown.year > 9999) return null;
    return `"${dayText(shown)}T${clockText(shown, fraction)}Z"`;
  };
}

/** The moment so many milliseconds later; whole seconds, so that microseconds stay. */
function shift(moment: Moment, ms: number): Moment {
  if (ms === 0) return moment;
  const date = new Date(wallMs(moment) + ms);
  return {
    ...moment,
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds(),
  };
}

function offsetText(seconds: number): string {
  const minutes = Math.abs(seconds) / 60;
  const two = (part: number): string => String(part).padStart(2, "0");
  return `${seconds < 0 ? "-" : "+"}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}
