import type { Moment } from "../../core/sql-value.ts";
import { sessionText, type SqlType } from "../sql-type.ts";
import { formatMoment } from "../temporal/format.ts";
import type { Conversion } from "./convert.ts";

const CHARACTERS = { date: 10, time: 10, datetime: 19 } as const;

/** How temporal values of a type become text. */
export function momentToText(
  type: Extract<SqlType, { kind: "date" | "time" | "datetime" }>,
): Conversion<never> {
  const { kind } = type;
  const fraction = kind === "date" ? 0 : type.fraction;
  const maxCharacters = CHARACTERS[kind] + (fraction === 0 ? 0 : fraction + 1);
  return {
    type: { ...sessionText(maxCharacters), isAscii: true },
    run: (moment: Moment) => formatMoment(moment, kind, fraction),
  };
}
