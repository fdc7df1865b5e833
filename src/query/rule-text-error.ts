import type { ErrorCode } from "../core/error-codes.ts";
import { TailraceError } from "../core/errors.ts";
import { showPlace } from "../core/text-place.ts";

/** One of a rule's texts and the key that holds it. */
export interface RuleText {
  /** The rule by name; "" where it has none yet. */
  readonly rule: string;
  /** `query`, `where`, `index`, `fields.types.tags`. */
  readonly key: string;
  readonly text: string;
}

/** An error at a place in one of a rule's texts. The message names rule, key, line and column and shows the line with a caret. */
export class RuleTextError extends TailraceError {
  readonly source: RuleText;
  /** Offset into the text. */
  readonly at: number;
  /** What is wrong, in a sentence without the place. */
  readonly why: string;

  constructor(code: ErrorCode, source: RuleText, { at, why }: { at: number; why: string }) {
    const { line, column, excerpt } = showPlace(source.text, at);
    const rule = source.rule === "" ? "" : `rule ${source.rule}, `;
    super(code, `${rule}${source.key}:${line}:${column}: ${why}\n${excerpt}`);
    this.source = source;
    this.at = at;
    this.why = why;
  }
}

/** The error of a code at offset `at` of a rule's text, to be thrown. */
export function placeError(
  code: ErrorCode,
  source: RuleText,
  at: number,
  why: string,
): RuleTextError {
  return new RuleTextError(code, source, { at, why });
}
