import type { Operation } from "../core/change-event.ts";
import { TailraceError } from "../core/errors.ts";
import type { TableSchema } from "../core/schema.ts";
import { parseDocument, printDocument } from "./script-json.ts";
import { isRowError } from "./row-failure.ts";
import type { TransformChange, TransformDocument, TransformFunction } from "./transform.ts";

/** Runs a rule's script over the documents of one table. Called by compiled encoders. */
export class Script {
  readonly #transform: TransformFunction;
  readonly #rule: string;
  readonly #schema: TableSchema;
  #operation: Operation = "insert";
  #commitTimeUs = 0;
  #scratch = Buffer.allocUnsafeSlow(4096);

  constructor(transform: TransformFunction, rule: string, schema: TableSchema) {
    this.#transform = transform;
    this.#rule = rule;
    this.#schema = schema;
  }

  /** What the rows have in common that are encoded next. */
  begin(operation: Operation, commitTimeUs: number): void {
    this.#operation = operation;
    this.#commitTimeUs = commitTimeUs;
  }

  /** A buffer of at least so many bytes, valid until the next call. */
  room(bytes: number): Buffer {
    if (bytes <= this.#scratch.length) return this.#scratch;
    const larger = Buffer.allocUnsafeSlow(bytes);
    if (bytes <= KEPT_BYTES) this.#scratch = larger;
    return larger;
  }

  /** What the script makes of a document: its JSON text, or null. `before` makes the text of the document before. Throws RULE_TRANSFORM_FAILED with the script's error as its cause. */
  run(document: string, before: (() => string) | null): string | null {
    const { database, table } = this.#schema;
    const change: TransformChange = {
      operation: this.#operation,
      database,
      table,
      rule: this.#rule,
      commitTimeMs: this.#commitTimeUs / 1000,
      get before() {
        return documentBefore(before);
      },
    };
    let made: unknown;
    let text: string;
    try {
      made = this.#transform(parseDocument(document), change);
      if (made === null) return null;
      text = isDocument(made) ? printDocument(made) : "";
    } catch (cause) {
      throw this.#failed(`threw ${whatWasThrown(cause)}`, cause);
    }
    if (text.startsWith("{")) return text;
    throw this.#failed(`returned ${nameOf(made)} instead of a document or null`);
  }

  #failed(what: string, cause?: unknown): TailraceError {
    const options = cause === undefined ? undefined : { cause };
    const message = `The script of rule ${this.#rule} ${what}.`;
    return new TailraceError("RULE_TRANSFORM_FAILED", message, options);
  }
}

/** Beyond this a scratch buffer is not kept. */
const KEPT_BYTES = 4 * 1024 * 1024;

/** A row of which the rule made no document before had none. */
function documentBefore(before: (() => string) | null): TransformDocument | undefined {
  if (before === null) return undefined;
  try {
    return parseDocument(before());
  } catch (error) {
    if (isRowError(error)) return undefined;
    throw error;
  }
}

function isDocument(value: unknown): value is TransformDocument {
  return (
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    typeof (value as { then?: unknown }).then !== "function"
  );
}

/** Scripts throw anything, what has no text included. */
function whatWasThrown(cause: unknown): string {
  try {
    return cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
  } catch {
    return "what cannot be told";
  }
}

function nameOf(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  if (typeof value !== "object" || value === null) return typeof value;
  const isPromise = typeof (value as { then?: unknown }).then === "function";
  return isPromise ? "a promise" : "an object that is no JSON object";
}
