/** Text to TIME: `[days ]hours[:minutes[:seconds]][.fraction]`, digits alone as `hhmmss`, or a whole date and time, of which the time counts. */
import type { Moment } from "../../core/sql-value.ts";
import { createMoment, DATES_OF_TIMES, MAX_HOUR } from "./moment.ts";
import { isDigit, isSpace, parseDatetime } from "./parse-datetime.ts";
import { roundUpTime, withoutNegativeZero } from "./round.ts";

/** A TIME that text was found to be. */
export interface ParsedTime {
  readonly moment: Moment;
  /** Digits behind the seconds, up to 6. */
  readonly fraction: number;
  /** Does nothing but spaces follow, and was it within the range of TIME? */
  readonly isWhole: boolean;
}

const UNSIGNED_MAX = 0xffff_ffff;

/** The value of text where a TIME is wanted, rounded to microseconds and kept within 838:59:59; null where MySQL has none. */
export function textToTime(text: string): Moment | null {
  return parseTime(text)?.moment ?? null;
}

/** Reads text as MySQL's str_to_time; null where it is no time at all or has minutes or seconds above 59. */
export function parseTime(text: string): ParsedTime | null {
  const reader = new TimeReader(text);
  const whole = reader.datetime();
  return whole === undefined ? reader.time() : whole;
}

class TimeReader {
  readonly #text: string;
  readonly #isNegative: boolean;
  readonly #start: number;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
    this.#spaces();
    this.#isNegative = text[this.#at] === "-";
    if (this.#isNegative) this.#at += 1;
    this.#start = this.#at;
  }

  /** The time of a date and time, null if that is invalid, undefined if the text is none. */
  datetime(): ParsedTime | null | undefined {
    const rest = this.#text.slice(this.#start);
    if (Buffer.byteLength(rest) < 12) return undefined;
    const parsed = parseDatetime(rest, DATES_OF_TIMES, true);
    if (parsed.kind === "none") return undefined;
    if (parsed.kind !== "datetime" || this.#isNegative) return null;
    const { hour, minute, second, microsecond } = parsed.moment;
    const moment = createMoment({ hour, minute, second, microsecond });
    const { fraction, isUp, isWhole } = parsed;
    return { moment: isUp ? roundUpTime(moment) : moment, fraction, isWhole };
  }

  time(): ParsedTime | null {
    const text = this.#text;
    if (this.#at === text.length) return null;
    const first = this.#number();
    if (first > UNSIGNED_MAX) return null;
    const endOfDays = this.#at;
    this.#spaces();
    const parts = [0, 0, 0, 0];
    let state = 4;
    if (text.length - this.#at > 1 && this.#at !== endOfDays && isDigit(text, this.#at)) {
      parts[0] = first;
      state = this.#parts(parts, 1);
    } else if (text[this.#at] === ":" && isDigit(text, this.#at + 1)) {
      parts[1] = first;
      this.#at += 1;
      state = this.#parts(parts, 2);
    } else {
      parts[1] = Math.floor(first / 10_000);
      parts[2] = Math.floor(first / 100) % 100;
      parts[3] = first % 100;
    }
    parts.fill(0, state);
    const { microsecond, fraction, isUp } = this.#fraction();
    if (this.#isExponent() || parts.some((part) => part > UNSIGNED_MAX)) return null;
    const [days = 0, hours = 0, minute = 0, second = 0] = parts;
    if (minute > 59 || second > 59) return null;
    const hasMore = /[^ \t\n\v\f\r]/.test(text.slice(this.#at));
    if (this.#at === this.#start && hasMore) return null;
    const hour = hours + days * 24;
    const isNegative = this.#isNegative;
    const read = createMoment({ hour, minute, second, microsecond, isNegative });
    let moment = clampTime(read);
    if (isUp) moment = clampTime(roundUpTime(moment));
    const isWhole = !hasMore && !isBeyondTime(read);
    return { moment: withoutNegativeZero(moment), fraction, isWhole };
  }

  #parts(parts: number[], from: number): number {
    let state = from;
    for (;;) {
      parts[state] = this.#number();
      state += 1;
      if (state === 4 || this.#text[this.#at] !== ":" || !isDigit(this.#text, this.#at + 1)) {
        return state;
      }
      this.#at += 1;
    }
  }

  #fraction(): { microsecond: number; fraction: number; isUp: boolean } {
    const text = this.#text;
    if (text[this.#at] !== "." || !isDigit(text, this.#at + 1)) {
      if (text[this.#at] === "." && this.#at + 1 === text.length) this.#at += 1;
      return { microsecond: 0, fraction: 0, isUp: false };
    }
    const start = this.#at + 1;
    this.#at = start;
    while (isDigit(text, this.#at)) this.#at += 1;
    const digits = text.slice(start, this.#at);
    const fraction = Math.min(digits.length, 6);
    const microsecond = Number(digits.slice(0, 6).padEnd(6, "0"));
    // MySQL rounds by the last digit, not by the seventh
    return { microsecond, fraction, isUp: digits.length > 6 && digits.at(-1)! >= "5" };
  }

  #isExponent(): boolean {
    return /^[eE](?:\d|[+-]\d)/.test(this.#text.slice(this.#at, this.#at + 3));
  }

  #number(): number {
    const start = this.#at;
    while (isDigit(this.#text, this.#at)) this.#at += 1;
    const digits = this.#text.slice(start, this.#at);
    // MySQL counts in 64 bits and does not look whether they overflow
    return digits.length < 16 ? Number(digits) : Number(BigInt.asUintN(64, BigInt(digits)));
  }

  #spaces(): void {
    while (isSpace(this.#text, this.#at)) this.#at += 1;
  }
}

/** A TIME within ±838:59:59. */
export function clampTime(moment: Moment): Moment {
  if (!isBeyondTime(moment)) return moment;
  return createMoment({
    hour: MAX_HOUR,
    minute: 59,
    second: 59,
    isNegative: moment.isNegative,
  });
}

/** Is it further from zero than 838:59:59? */
export function isBeyondTime(moment: Moment): boolean {
  const { hour, minute, second, microsecond } = moment;
  return (
    hour > MAX_HOUR || (hour === MAX_HOUR && minute === 59 && second === 59 && microsecond > 0)
  );
}
