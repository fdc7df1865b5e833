import { compareDocuments, type FieldDifference } from "../../core/compare-documents.ts";
import type { DocumentPlace } from "./document-batch.ts";
import type { FoundDocument, HeldDocument } from "./get-answer.ts";

/**
 * How a document and its row do not agree. `missing`: the row has a document, the index has none. `extra`: the document has no row. `stale`: the same fields with other values of the same
 * kinds, what an earlier state of the row may have given. `different`: other fields, or values of other kinds, which no state of the row gives.
 */
export type DifferenceKind = "missing" | "stale" | "different" | "extra";

export const DIFFERENCE_KINDS: readonly DifferenceKind[] = [
  "missing",
  "stale",
  "different",
  "extra",
];

/** A document that does not agree with its row, after it was made sure that this is not a change under way. */
export interface Difference extends DocumentPlace {
  readonly kind: DifferenceKind;
  /** The rule, of an extra document those that write its index. */
  readonly rules: readonly string[];
  /** The row's table, `database.table`; null of an extra document. */
  readonly table: string | null;
  /** The row's key as JSON texts by column; null of an extra document. */
  readonly key: Readonly<Record<string, string>> | null;
  /** Where they differ; none of missing and extra documents. */
  readonly fields: readonly FieldDifference[];
  /** What a repair did about it; absent = none was asked for. */
  readonly repair?: "written" | "deleted" | "left" | undefined;
}

/** What is compared of a document: all of it, the fields that it should have (others are other owners'), or only whether it is there, when an ingest pipeline makes something else of it. */
export type Comparing = "whole" | "part" | "presence";

/** What a document should be. */
export interface ExpectedDocument {
  readonly document: Buffer;
  readonly routing: string | null;
  readonly comparing: Comparing;
}

/** The fields in which a document does not say what it should, `_routing` among them; none when it does. Bytes first: most are what the sink wrote. */
export function compareHeld(
  { document, routing, comparing }: ExpectedDocument,
  held: FoundDocument,
): readonly FieldDifference[] {
  // with few shards a document may be found although it is not where it belongs
  const routed = held.routing === routing ? [] : [routingDifference(routing, held.routing)];
  if (comparing === "presence" || held.source.equals(document)) return routed;
  const options = { isPart: comparing === "part", isNullMissing: true };
  const [expected, found] = [document.toString("utf8"), held.source.toString("utf8")];
  return [...routed, ...compareDocuments(expected, found, options)];
}

function routingDifference(expected: string | null, found: string | null): FieldDifference {
  const json = (routing: string | null) => (routing === null ? null : JSON.stringify(routing));
  return { field: "_routing", expected: json(expected), found: json(found) };
}

/** Which of the two kinds these differences of fields are. */
export function kindOf(fields: readonly FieldDifference[]): "stale" | "different" {
  if (fields.some(({ field }) => field === "_routing")) return "different";
  const isStale = fields.every(({ expected, found }) =>
    isNull(expected) || isNull(found)
      ? expected !== null && found !== null
      : valueKind(expected!) === valueKind(found!),
  );
  return isStale ? "stale" : "different";
}

/** Is it the very same state of the document, not one that was written again? */
export function isSameState(a: DocumentState | null, b: DocumentState | null): boolean {
  return a?.seqNo === b?.seqNo && a?.primaryTerm === b?.primaryTerm;
}

/** What tells one state of a document from another. */
export type DocumentState = Pick<FoundDocument, "seqNo" | "primaryTerm" | "version">;

/** The state of what an index holds; null where it holds nothing. */
export function stateOf(held: HeldDocument): DocumentState | null {
  if (held.kind !== "document") return null;
  const { seqNo, primaryTerm, version } = held;
  return { seqNo, primaryTerm, version };
}

function isNull(json: string | null): boolean {
  return json === null || json === "null";
}

function valueKind(json: string): string {
  const first = json[0]!;
  if (first === '"' || first === "[" || first === "{") return first;
  return first === "t" || first === "f" ? "boolean" : "number";
}
