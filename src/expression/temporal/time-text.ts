import type { Moment } from "../../core/sql-value.ts";
import { applyStrict, type Place } from "../apply.ts";
import { toDecimal, toInteger } from "../numeric/convert.ts";
import { sessionText } from "../sql-type.ts";
import type { Typed } from "../typed.ts";
import { formatMoment } from "./format.ts";

/** Most characters of a TIME: `-838:59:59.000000`. */
const TIME_CHARACTERS = 17;

/** A TIME that an addition made: as a text it has six digits behind the seconds or none, whatever its type shows (`Item_temporal_hybrid_func::val_str`). */
export function withTimeText(time: Typed, place: Place): Typed {
  const type = { ...sessionText(TIME_CHARACTERS), isAscii: true } as const;
  const run = place.scope.bind(timeText);
  return { ...time, text: applyStrict([time], place, { type }, (source) => `${run}(${source})`) };
}

/** A date or time that an addition made: an integer of it is its decimal digits rounded, `…59.5` to `…60`. */
export function withInteger(value: Typed, { scope }: Place): Typed {
  const { type } = value;
  const hasFraction = (type.kind === "time" || type.kind === "datetime") && type.fraction > 0;
  return hasFraction ? { ...value, integer: toInteger(toDecimal(value, scope), scope) } : value;
}

function timeText(time: Moment): string {
  return formatMoment(time, "time", time.microsecond === 0 ? 0 : 6);
}
