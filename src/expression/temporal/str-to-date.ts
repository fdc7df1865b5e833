/** STR_TO_DATE with a literal format, which alone tells the result's type. */
import { withInteger, withTimeText } from "./time-text.ts";
import type { Moment } from "../../core/sql-value.ts";
import { applyStrict } from "../apply.ts";
import { toText } from "../convert.ts";
import type { FunctionTable } from "../functions.ts";
import type { SqlType } from "../sql-type.ts";
import {
  createMoment,
  dateOfDayNumber,
  dayNumber,
  isDateTaken,
  MAX_DAY_NUMBER,
  REAL_DATES,
  type TemporalKind,
} from "./moment.ts";
import { DAY_NAMES, MONTH_NAMES } from "./names.ts";
import { isSpace } from "./parse-datetime.ts";

/** STR_TO_DATE. */
export const PARSE_FUNCTIONS: FunctionTable = {
  str_to_date: {
    arity: [2, 2],
    compile([text, format], call) {
      const { scope } = call;
      const known = format!.constant?.value;
      if (typeof known !== "string") {
        return scope.refuse(
          format!.at,
          "the format of str_to_date must be a literal: it tells the type",
        );
      }
      const weeks = /%[UuVvXx]/.exec(known);
      if (weeks !== null) scope.refuse(format!.at, `str_to_date by weeks (${weeks[0]})`);
      const type = typeOf(known);
      const parse = (value: string): Moment | null => parseByFormat(value, known, type.kind);
      const moment = applyStrict(
        [toText(text!, scope)],
        call,
        { type, mayBeNull: true },
        (source) => `${scope.bind(parse)}(${source})`,
      );
      const whole = withInteger(moment, call);
      return type.kind === "time" ? withTimeText(whole, call) : whole;
    },
  },
};

type ResultType = Extract<SqlType, { kind: TemporalKind }>;

/** A date if the format has parts of dates only, a time if of times only, of microseconds if it has them. */
function typeOf(format: string): ResultType {
  const letters = Array.from(format.matchAll(/%(.)/gs), ([, letter]) => letter!);
  const fraction = letters.includes("f") ? 6 : 0;
  const hasTime = letters.some((letter) => "fHISThiklrs".includes(letter));
  const hasDate = letters.some((letter) => "MVUXYWabcjmvuxyw".includes(letter));
  if (hasTime && hasDate) return { kind: "datetime", fraction };
  return hasTime ? { kind: "time", fraction } : { kind: "date" };
}

interface Fields {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
  microsecond: number;
  dayOfYear: number;
  isTwelveHours: boolean;
  half: number;
}

function parseByFormat(text: string, format: string, kind: TemporalKind): Moment | null {
  const fields: Fields = {
    year: 0,
    month: 0,
    day: 0,
    hour: 0,
    minute: 0,
    second: 0,
    microsecond: 0,
    dayOfYear: 0,
    isTwelveHours: false,
    half: 0,
  };
  const reader = new Reader(text, fields);
  if (!reader.read(format)) return null;
  let { hour } = fields;
  if (fields.isTwelveHours) {
    if (hour > 12 || hour < 1) return null;
    hour = (hour % 12) + fields.half;
  }
  const date = fields.dayOfYear > 0 ? dateOfYear(fields) : fields;
  if (date === null) return null;
  const { year, month, day } = date;
  const { minute, second, microsecond } = fields;
  if (month > 12 || day > 31 || hour > 23 || minute > 59 || second > 59) return null;
  const moment = createMoment({ year, month, day, hour, minute, second, microsecond });
  // of a time alone there is no day; of a date no part may be 0
  if (kind === "time") return day === 0 ? moment : null;
  return year > 0 && isDateTaken(moment, REAL_DATES) ? moment : null;
}

function dateOfYear({ year, dayOfYear }: Fields): Moment | null {
  const day = dayNumber(year, 1, 1) + dayOfYear - 1;
  return day > 0 && day <= MAX_DAY_NUMBER ? dateOfDayNumber(day) : null;
}

class Reader {
  readonly #text: string;
  readonly #fields: Fields;
  #at = 0;

  constructor(text: string, fields: Fields) {
    this.#text = text;
    this.#fields = fields;
  }

  /** Reads as far as text and format go together; false where they disagree. */
  read(format: string): boolean {
    const tokens = format.matchAll(/%.|./gs);
    for (const [token] of tokens) {
      while (isSpace(this.#text, this.#at)) this.#at += 1;
      if (this.#at >= this.#text.length) return true;
      if (token.length === 2) {
        if (!this.#specifier(token[1]!)) return false;
      } else if (!isSpace(token, 0)) {
        if (this.#text[this.#at] !== token) return false;
        this.#at += 1;
      }
    }
    return true;
  }

  #specifier(letter: string): boolean {
    const fields = this.#fields;
    switch (letter) {
      case "Y":
        return this.#number(
          4,
          (year, length) => (fields.year = length <= 2 ? fullYear(year) : year),
        );
      case "y":
        return this.#number(2, (year) => (fields.year = fullYear(year)));
      case "m":
      case "c":
        return this.#number(2, (month) => (fields.month = month));
      case "M":
        return this.#name(MONTH_NAMES, (index) => (fields.month = index + 1));
      case "b":
        return this.#name(short(MONTH_NAMES), (index) => (fields.month = index + 1));
      case "d":
      case "e":
        return this.#number(2, (day) => (fields.day = day));
      case "D":
        if (!this.#number(2, (day) => (fields.day = day))) return false;
        this.#at = Math.min(this.#text.length, this.#at + 2);
        return true;
      case "h":
      case "I":
      case "l":
        fields.isTwelveHours = true;
        return this.#number(2, (hour) => (fields.hour = hour));
      case "k":
      case "H":
        return this.#number(2, (hour) => (fields.hour = hour));
      case "i":
        return this.#number(2, (minute) => (fields.minute = minute));
      case "s":
      case "S":
        return this.#number(2, (second) => (fields.second = second));
      case "f":
        return this.#number(
          6,
          (value, length) => (fields.microsecond = value * 10 ** (6 - length)),
        );
      case "p":
        return this.#half();
      case "W":
        return this.#name(DAY_NAMES, () => {});
      case "a":
        return this.#name(short(DAY_NAMES), () => {});
      case "w":
        return this.#number(1, (day) => day) && this.#text[this.#at - 1]! <= "6";
      case "j":
        return this.#number(3, (day) => (fields.dayOfYear = day));
      case "r":
        return this.read("%I:%i:%S %p");
      case "T":
        return this.read("%H:%i:%S");
      case ".":
        return this.#skip(/[!-/:-@[-`{-~]*/y);
      case "@":
        return this.#skip(/[A-Za-z]*/y);
      case "#":
        return this.#skip(/\d*/y);
      default:
        return false;
    }
  }

  #number(most: number, take: (value: number, length: number) => void): boolean {
    const digits = /^\+?\d+/.exec(this.#text.slice(this.#at, this.#at + most))?.[0];
    if (digits === undefined) return false;
    this.#at += digits.length;
    take(Number(digits), digits.length);
    return true;
  }

  #name(names: readonly string[], take: (index: number) => void): boolean {
    const word = /^[A-Za-z]*/.exec(this.#text.slice(this.#at))![0].toLowerCase();
    const index = names.findIndex((name) => name.toLowerCase() === word);
    if (index < 0) return false;
    this.#at += word.length;
    take(index);
    return true;
  }

  #half(): boolean {
    const word = this.#text.slice(this.#at, this.#at + 2).toUpperCase();
    if (!this.#fields.isTwelveHours || (word !== "AM" && word !== "PM")) return false;
    this.#fields.half = word === "PM" ? 12 : 0;
    this.#at += 2;
    return true;
  }

  #skip(pattern: RegExp): boolean {
    pattern.lastIndex = this.#at;
    this.#at += pattern.exec(this.#text)![0].length;
    return true;
  }
}

function short(names: readonly string[]): readonly string[] {
  return names.map((name) => name.slice(0, 3));
}

function fullYear(year: number): number {
  return year < 70 ? year + 2000 : year + 1900;
}
