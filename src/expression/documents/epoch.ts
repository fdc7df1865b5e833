/** Counts of seconds since 1970 as dates. */
import type { Call } from "../functions.ts";
import { applyStrict } from "../apply.ts";
import { toDatetime } from "../convert.ts";
import type { SqlType } from "../sql-type.ts";
import type { Typed } from "../typed.ts";

/**
 * `to_datetime(x)`: a number is seconds since 1970 and becomes a date in UTC (`2026-11-23T10:20:30Z`), NULL where it lies outside the years 0 to 9999; anything else becomes the DATETIME
 * that CAST makes of it.
 */
export function compileToDatetime(argument: Typed, call: Call): Typed {
  const { type } = argument;
  if (type.kind === "date" || type.kind === "datetime") return argument;
  if (type.kind === "integer" && type.isYear === true)
    return call.scope.refuse(argument.at, "a YEAR is no count of seconds: write makedate(x, 1)");
  const count = countOf(type);
  if (count === null) return toDatetime(argument, call.scope);
  const { fraction, micros } = count;
  const helper = call.scope.bind((value: never) => epochText(micros(value), fraction));
  return applyStrict(
    [argument],
    call,
    { type: { kind: "field", field: { kind: "timestamp", fraction } }, mayBeNull: true },
    (name) => `${helper}(${name})`,
  );
}

/** How a number's value is made microseconds, and the digits behind the seconds that it shows. */
interface Count {
  readonly fraction: number;
  readonly micros: (value: never) => bigint;
}

const MICROS = 1_000_000n;
/** DOUBLEs of seconds are exact to about this many digits. */
const DOUBLE_FRACTION = 6;

function countOf(type: SqlType): Count | null {
  switch (type.kind) {
    case "integer":
      return { fraction: 0, micros: (value: number | bigint) => BigInt(value) * MICROS };
    case "decimal": {
      const unit = 10n ** BigInt(type.frac);
      const fraction = Math.min(type.scale, DOUBLE_FRACTION);
      return { fraction, micros: (value: bigint) => floorDivide(value * MICROS, unit) };
    }
    case "double":
      return {
        fraction: DOUBLE_FRACTION,
        micros: (value: number) => BigInt(Math.round(Math.max(-1e17, Math.min(value, 1e18)) * 1e6)),
      };
    default:
      return null;
  }
}

function floorDivide(value: bigint, by: bigint): bigint {
  const quotient = value / by;
  return value < 0n && quotient * by !== value ? quotient - 1n : quotient;
}

function epochText(micros: bigint, fraction: number): string | null {
  const seconds = floorDivide(micros, MICROS);
  const date = new Date(Number(seconds) * 1000);
  const year = date.getUTCFullYear();
  // NaN beyond the range of Date
  if (!(year >= 0 && year <= 9999)) return null;
  const rest = String(micros - seconds * MICROS).padStart(6, "0");
  const text = date.toISOString().slice(0, 19);
  return `"${text}${fraction === 0 ? "" : `.${rest.slice(0, fraction)}`}Z"`;
}
