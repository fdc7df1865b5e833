/** Something that cannot reach the index, kept with its reason so that nothing is lost silently. */
export interface DeadLetter {
  /** When it was stored, ISO 8601. */
  readonly at: string;
  readonly pipeline: string;
  /** `document`: an action refused for good; `row`: a row of which a rule makes no document; `gap`: rows of a table that the stream could not deliver; `record`: no change. */
  readonly kind: "document" | "row" | "gap" | "record";
  readonly code: string;
  /** The error verbatim, as the server gave it. */
  readonly error: unknown;
  /** The rule by name. */
  readonly rule?: string;
  readonly index?: string;
  readonly id?: string;
  readonly routing?: string;
  readonly operation?: "index" | "update" | "delete";
  /** The document version, decimal. */
  readonly version?: string;
  /** The document as it was sent. */
  readonly document?: unknown;
  readonly database?: string;
  readonly table?: string;
  /** Binlog file and position at or before which it happened. */
  readonly file?: string;
  readonly position?: number;
  /** The record that it came in. */
  readonly topic?: string;
  readonly partition?: number;
  readonly offset?: number;
  /** Its key and value as they are: text, or base64 behind `base64:`. */
  readonly key?: string | null;
  readonly value?: string | null;
}

/** Keeps dead letters. `store` is durable when it resolves; throws STATE_DEAD_LETTERS_UNWRITABLE (repeat it). */
export interface DeadLetterStore extends AsyncDisposable {
  store(letters: readonly DeadLetter[]): Promise<void>;
}
