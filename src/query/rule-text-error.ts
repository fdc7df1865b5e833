import type { ErrorCode } from "../core/error-codes.ts";
import { TailraceError } from "../core/errors.ts";
import { hideValues } from "../core/redact.ts";
import { showPlace } from "../core/text-place.ts";

/** One of a rule's texts and the key that holds it. */
export interface RuleText {
  /** The rule by name; "" where it has none yet. */
  readonly rule: string;
  /** `query`, `where`, `index`, `fields.types.tags`. */
  readonly key: string;
  readonly text: string;
  /** Values in the text that are shown nowhere. */
  readonly secrets?: readonly string[] | undefined;
}

/** An error at a place in one of a rule's texts. The message names rule, key, line and column and shows the line with a caret. */
export class RuleTextError extends TailraceError {
  // Not a property of its own: loggers print those, and the text may hold secrets.
  readonly #source: RuleText;
  /** Offset into the text. */
  readonly at: number;
  /** What is wrong, in a sentence without the place and without secrets. */
  readonly why: string;
  /** The text without its secrets, and the place in it. */
  readonly shown: { readonly text: string; readonly at: number };

  constructor(code: ErrorCode, source: RuleText, { at, why }: { at: number; why: string }) {
    const hide = (text: string): string => hideValues(text, source.secrets);
    const shown = { text: hide(source.text), at: hide(source.text.slice(0, at)).length };
    const { line, column, excerpt } = showPlace(shown.text, shown.at);
    const rule = source.rule === "" ? "" : `rule ${source.rule}, `;
    super(code, `${rule}${source.key}:${line}:${column}: ${hide(why)}\n${excerpt}`);
    this.#source = source;
    this.at = at;
    this.why = hide(why);
    this.shown = shown;
  }

  /** The text as it is, with its secrets. */
  get source(): RuleText {
    return this.#source;
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
