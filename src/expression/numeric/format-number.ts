import { applyStrict } from "../apply.ts";
import { constantOf } from "../constant.ts";
import type { SqlFunction } from "../functions.ts";
import { sessionText } from "../sql-type.ts";
import { toCount, toDecimal, toDouble } from "./convert.ts";
import { formatDecimal, MAX_SCALE, rescale } from "./decimal.ts";
import { formatFixed } from "./format.ts";
import { roundDouble } from "./rounding.ts";

/** `FORMAT(x, d)`: rounded to d digits behind the point, with a comma between thousands (locale en_US). */
export const FORMAT: SqlFunction = {
  arity: [2, 3],
  compile([value, written, locale], call) {
    const { scope } = call;
    if (locale !== undefined && locale.constant?.value !== "en_US") {
      scope.refuse(locale.at, "FORMAT in another locale than en_US");
    }
    const places = toCount(written!, scope);
    const { kind } = value!.type;
    const result = { type: sessionText(100) };
    if (kind === "integer" || kind === "decimal") {
      const decimal = toDecimal(value!, scope);
      const frac = decimal.type.kind === "decimal" ? decimal.type.frac : 0;
      const run = scope.bind(formatExact);
      return applyStrict([decimal, places], call, result, (x, d) => `${run}(${x}, ${frac}, ${d})`);
    }
    if (kind === "null") return constantOf(sessionText(0), null, call.at, scope);
    const run = scope.bind(formatApproximate);
    return applyStrict([toDouble(value!, scope), places], call, result, (x, d) => {
      return `${run}(${x}, ${d})`;
    });
  },
};

function formatExact(value: bigint, frac: number, places: number): string {
  const scale = clampPlaces(places);
  return groupThousands(formatDecimal(rescale(value, frac, scale), scale));
}

function formatApproximate(value: number, places: number): string {
  const scale = clampPlaces(places);
  return groupThousands(formatFixed(roundDouble(value, scale), scale));
}

function clampPlaces(places: number): number {
  return Math.max(0, Math.min(MAX_SCALE, places));
}

function groupThousands(text: string): string {
  const [whole = "", fraction] = text.split(".");
  const grouped = whole.replace(/\B(?=(?:\d{3})+$)/g, ",");
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}
