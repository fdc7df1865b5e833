import type { DeadLetter } from "../core/dead-letter.ts";
import { ROUTING_HEAD, type BulkOperation, type SinkTarget } from "./action-line.ts";
import type { Batch } from "./batch.ts";
import type { BulkError } from "./outcome.ts";
import { actionBytes } from "./selection.ts";
import { formatUint64 } from "./uint64-digits.ts";

const NEWLINE = 0x0a;

/** The operation of an action: `{"index":…`, `{"update":…` or `{"delete":…`. */
export function operationOf(batch: Batch, action: number): BulkOperation {
  const letter = batch.bytes[batch.starts[action]! + 2];
  return letter === 0x69 ? "index" : letter === 0x75 ? "update" : "delete";
}

/** What a dead letter says that is not in the batch. */
export interface LetterReason {
  readonly at: string;
  readonly pipeline: string;
  readonly code: "DOCUMENT_REJECTED" | "DOCUMENT_TOO_LARGE";
  readonly error: BulkError;
  readonly target: SinkTarget;
}

/** The dead letter for an action of a closed batch: a copy, so the batch may be reused. */
export function letterOf(batch: Batch, action: number, reason: LetterReason): DeadLetter {
  const { target } = reason;
  const operation = operationOf(batch, action);
  const idStart = batch.idStarts[action]!;
  const idEnd = idStart + batch.idLengths[action]!;
  const routingLength = batch.routingLengths[action]!;
  const routingStart = idEnd + ROUTING_HEAD.length;
  return {
    at: reason.at,
    pipeline: reason.pipeline,
    kind: "document",
    code: reason.code,
    error: reason.error,
    index: target.index,
    id: unescape(batch.bytes.toString("utf8", idStart, idEnd)),
    ...(routingLength > 0 && {
      routing: unescape(batch.bytes.toString("utf8", routingStart, routingStart + routingLength)),
    }),
    operation,
    ...(target.isVersioned
      ? { version: formatUint64(batch.versionHighs[action]!, batch.versionLows[action]!) }
      : {}),
    ...(operation === "delete" ? {} : { document: documentOf(batch, action, operation) }),
  };
}

function documentOf(batch: Batch, action: number, operation: BulkOperation): unknown {
  const bytes = actionBytes(batch, action);
  const start = bytes.indexOf(NEWLINE) + 1;
  const line = parseExact(bytes.toString("utf8", start, bytes.length - 1));
  if (operation === "index" || typeof line !== "object" || line === null) return line;
  const { doc, script } = line as UpdateLine;
  return doc ?? script?.params.doc ?? line;
}

/** The fields in an update, by the way of writing. */
interface UpdateLine {
  readonly doc?: unknown;
  readonly script?: { readonly params: { readonly doc: unknown } };
}

/** A JSON text as a value that prints as the same text: numbers that a double would round keep their digits. The text itself when it is no JSON. */
function parseExact(text: string): unknown {
  try {
    return JSON.parse(text, (_key, value: unknown, context?: { source?: string }) =>
      typeof value === "number" && context?.source !== undefined && String(value) !== context.source
        ? rawJson(context.source)
        : value,
    );
  } catch {
    return text;
  }
}

/** ECMAScript's `JSON.rawJSON`, which TypeScript's library does not have yet. */
const rawJson = (JSON as unknown as { rawJSON: (this: void, text: string) => unknown }).rawJSON;

function unescape(escaped: string): string {
  try {
    return String(JSON.parse(`"${escaped}"`));
  } catch {
    return escaped;
  }
}
