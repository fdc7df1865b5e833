import { pathToFileURL } from "node:url";
import type { Operation } from "../core/change-event.ts";
import { TailraceError } from "../core/errors.ts";

/** A document as a script has it: integers beyond 2^53 are bigints, other numbers that a double would change are what `JSON.rawJSON` makes. */
export type TransformDocument = Record<string, unknown>;

/** What a script is told of the change that made a document. */
export interface TransformChange {
  /** What happened to the row. A row that enters the rule's conditions by an update is one of `update`, too. */
  readonly operation: Operation;
  readonly database: string;
  readonly table: string;
  /** The rule by name. */
  readonly rule: string;
  /** When the source committed, ms since 1970, to the microsecond; 0 = unknown. */
  readonly commitTimeMs: number;
  /** Of an update the document before it, as the rule's fields make it; undefined when there was none. Made when asked for. */
  readonly before: TransformDocument | undefined;
}

/**
 * The default export of a rule's script: the document to write, or null when the row has none. It cannot change where the document goes. Must return at once; an error that it
 * throws, a promise, or what is no object makes the row a dead letter.
 */
export type TransformFunction = (
  doc: TransformDocument,
  change: TransformChange,
) => TransformDocument | null;

/**
 * Loads a script: a module (`.js`, `.mjs`, or `.ts`, whose types Node strips) with a function as its default export. `revision` tells one state of the file from another: the same
 * one is not loaded twice. Throws RULE_TRANSFORM_INVALID.
 */
export async function loadTransform(path: string, revision = ""): Promise<TransformFunction> {
  const url = pathToFileURL(path);
  if (revision !== "") url.searchParams.set("revision", revision);
  let module: { readonly default?: unknown };
  try {
    module = (await import(url.href)) as typeof module;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new TailraceError("RULE_TRANSFORM_INVALID", `${path}: ${why}`, { cause });
  }
  if (typeof module.default === "function") return module.default as TransformFunction;
  throw new TailraceError(
    "RULE_TRANSFORM_INVALID",
    `${path}: its default export is no function (doc, change) => doc`,
  );
}
