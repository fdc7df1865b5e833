import type { LiteralExpression } from "../../query/tree.ts";
import { constantOf } from "../constant.ts";
import { RowError, type Scope, type Typed } from "../typed.ts";
import { REAL_DATES } from "./moment.ts";
import { parseDatetime } from "./parse-datetime.ts";
import { parseTime } from "./parse-time.ts";
import { roundUpDatetime } from "./round.ts";

type TemporalLiteral = Extract<LiteralExpression, { type: "date" | "time" | "timestamp" }>;

/** Compiles `DATE '…'`, `TIME '…'` and `TIMESTAMP '…'`; refuses texts for which MySQL has an error (1525). */
export function compileTemporalLiteral(literal: TemporalLiteral, scope: Scope): Typed {
  return read(literal, scope) ?? scope.refuse(literal.at, `no such ${literal.type}`);
}

function read({ at, text, type }: TemporalLiteral, scope: Scope): Typed | null {
  if (type === "time") {
    const time = parseTime(text);
    if (time === null || !time.isWhole || isDatetime(text)) return null;
    return constantOf({ kind: "time", fraction: time.fraction }, time.moment, at, scope);
  }
  const parsed = parseText(text);
  if (parsed === null || !parsed.isWhole) return null;
  if (parsed.kind !== (type === "date" ? "date" : "datetime")) return null;
  const moment = parsed.isUp ? roundUpDatetime(parsed.moment) : parsed.moment;
  if (moment === null) return null;
  const sqlType =
    type === "date"
      ? ({ kind: "date" } as const)
      : ({ kind: "datetime", fraction: parsed.fraction } as const);
  return constantOf(sqlType, moment, at, scope);
}

function parseText(
  text: string,
): Extract<ReturnType<typeof parseDatetime>, { moment: object }> | null {
  try {
    const parsed = parseDatetime(text, REAL_DATES);
    return parsed.kind === "none" || parsed.kind === "invalid" ? null : parsed;
  } catch (error) {
    if (error instanceof RowError) return null;
    throw error;
  }
}

/** Is it a date and a time, which a TIME literal may not be? */
function isDatetime(text: string): boolean {
  const parsed = parseDatetime(text.trimStart(), REAL_DATES, true);
  return Buffer.byteLength(text) >= 12 && parsed.kind === "datetime";
}
