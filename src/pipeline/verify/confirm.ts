/**
 * Makes sure that a difference is none of a change under way. Row and document are read at different moments, and the stream is somewhere in between, so one look says little.
 *
 *     D0  the document is read (with its `_seq_no`)
 *     R   the row is read between two watermarks, low and high
 *     …   the stream has applied everything up to high
 *     D1  the document is read again
 *
 * When D1 is the very state that D0 was, nothing was written to it in between. So whatever the log has of the row up to high was applied before D0, and what was applied by then was logged before R
 * was read and is in R. R and D1 are then the same state of the row, and a difference between them is real. When the document was written in between, D1 takes D0's place and it begins
 * anew.
 *
 * A document that is not there has no state to recognise. It counts as missing when nothing at all was logged between two looks, or when it was missing at several looks in a row.
 * Alternative that failed: comparing the row before and after. A row that changes to and fro looks the same each time.
 */
import type { LogPlace } from "../../core/checkpoint.ts";
import type { FieldDifference } from "../../core/compare-documents.ts";
import type { ChunkReader } from "../../core/load.ts";
import { isWithin } from "../../core/version.ts";
import type { HttpChannel } from "../../sink/client.ts";
import type { Candidate, Maker } from "./candidate.ts";
import { compareHeld, type DocumentState, isSameState, kindOf, stateOf } from "./difference.ts";
import type { DifferenceKind, ExpectedDocument } from "./difference.ts";
import { DocumentBatch, type DocumentPlace, placeKey } from "./document-batch.ts";
import { fetchPlaces } from "./fetch-documents.ts";
import type { HeldDocument } from "./get-answer.ts";
import type { Settling } from "./settling.ts";
import type { DocumentEncoders } from "./table-documents.ts";

/** What making sure takes. */
export interface ConfirmParts {
  readonly reader: ChunkReader;
  readonly channel: HttpChannel;
  readonly encoders: DocumentEncoders;
  readonly settling: Settling;
}

/** What has become of a candidate. */
export type Verdict =
  /** Document and row agree, or both have gone. */
  | { readonly kind: "agrees" }
  /** The stream was not far enough in time, or the document was written at every look. */
  | { readonly kind: "unsettled" }
  | ConfirmedDifference;

/** A difference that is real, and the state in which it is. */
export interface ConfirmedDifference {
  readonly kind: DifferenceKind;
  readonly fields: readonly FieldDifference[];
  /** The document as it is; null = there is none. */
  readonly state: DocumentState | null;
  /** The version that Elasticsearch remembers of it, or that it has, as far as a refusal told. */
  readonly tombstone?: bigint;
}

/** Looks at a document so often at most. */
const MAX_LOOKS = 6;
/** So many looks in a row must find no document. */
const MISSING_LOOKS = 4;
/** Rows of one table that are read again at once. */
const MAX_KEYS = 500;

/** Judges candidates, in their order. Throws SOURCE_*, BULK_*, RULE_* and what reading the stream's place throws. */
export async function confirmDifferences(
  candidates: readonly Candidate[],
  parts: ConfirmParts,
): Promise<readonly Verdict[]> {
  const verdicts: Verdict[] = candidates.map(() => ({ kind: "unsettled" }));
  let open = candidates.flatMap((candidate, n): Look[] => {
    const { seen, low, key, makers } = candidate;
    // a row was seen, and its key cannot be told to the server again
    if (key !== null && makers.length === 0) return [];
    return [{ candidate, n, seen, missing: 0, low }];
  });
  for (let looks = 0; looks < MAX_LOOKS && open.length > 0; looks++) {
    const rows = await readExpected(
      open.map(({ candidate }) => candidate),
      parts,
    );
    if (rows.high !== null && !(await parts.settling.wait(rows.high))) break;
    const held = await fetchPlaces(
      parts.channel,
      open.map(({ candidate }) => candidate),
    );
    open = open.filter((look, i) => {
      const verdict = judge(look, rows, held[i]!);
      if (verdict !== null) verdicts[look.n] = verdict;
      return verdict === null;
    });
  }
  return verdicts;
}

/** A candidate between two looks. */
interface Look {
  readonly candidate: Candidate;
  readonly n: number;
  seen: DocumentState | null;
  /** Looks in a row at which there was no document, though a row has one. */
  missing: number;
  /** The low watermark of the row's last reading. */
  low: LogPlace | null;
}

/** The verdict on a candidate, or null: it must be looked at again. */
function judge(look: Look, rows: ExpectedRows, held: HeldDocument): Verdict | null {
  const { candidate, seen, low } = look;
  const expected = expectedOf(candidate, rows);
  const state = stateOf(held);
  const isSame = isSameState(seen, state);
  const wasQuiet = low !== null && rows.high !== null && isWithin(rows.high, low);
  look.seen = state;
  look.low = rows.low;
  if (held.kind !== "document") {
    if (expected === null) return { kind: "agrees" };
    look.missing += 1;
    if ((isSame && wasQuiet) || look.missing >= MISSING_LOOKS)
      return { kind: "missing", fields: [], state: null };
    return null;
  }
  look.missing = 0;
  if (expected === null) {
    // the row may be there under another key
    if (!candidate.isNamed) return { kind: "unsettled" };
    return isSame ? { kind: "extra", fields: [], state } : null;
  }
  const fields = compareHeld(expected, held);
  if (fields.length === 0) return { kind: "agrees" };
  return isSame ? { kind: kindOf(fields), fields, state } : null;
}

/** The document that the candidate's rows make; null = none. */
export function expectedOf(
  candidate: Candidate,
  { documents }: ExpectedRows,
): ExpectedDocument | null {
  for (const { rule } of candidate.makers) {
    const document = documents.get(expectedKey(rule, candidate));
    if (document !== undefined) return document;
  }
  return null;
}

/** The documents that rows make now. */
export interface ExpectedRows {
  /** By rule and place. */
  readonly documents: ReadonlyMap<string, ExpectedDocument>;
  /** The lowest of the low watermarks and the highest of the high ones; null when no row was read. */
  readonly low: LogPlace | null;
  readonly high: LogPlace | null;
}

/** Reads the rows that may make the candidates' documents, and makes them. Throws SOURCE_*, RULE_*. */
export async function readExpected(
  candidates: readonly Candidate[],
  { reader, encoders }: Pick<ConfirmParts, "reader" | "encoders">,
): Promise<ExpectedRows> {
  const documents = new Map<string, ExpectedDocument>();
  const batch = new DocumentBatch();
  let low: LogPlace | null = null;
  let high: LogPlace | null = null;
  for (const { table, rule, keys } of byTable(candidates.flatMap(({ makers }) => makers)))
    for (let at = 0; at < keys.length; at += MAX_KEYS) {
      const chunk = await reader.read(table, { kind: "keys", keys: keys.slice(at, at + MAX_KEYS) });
      if (low === null || isWithin(chunk.low, low)) low = chunk.low;
      if (high === null || isWithin(high, chunk.high)) high = chunk.high;
      const made = encoders.of(rule, chunk.table);
      for (const bytes of chunk.buffers) {
        batch.reset();
        made.encode(bytes, [0, bytes.length], batch);
        for (let n = 0; n < batch.count; n++) {
          const place = batch.placeOf(n);
          const document = Buffer.from(batch.documentOf(n));
          const { comparing } = made;
          documents.set(expectedKey(rule, place), { document, routing: place.routing, comparing });
        }
      }
    }
  return { documents, low, high };
}

/** Several rules may write fields of one document. */
function expectedKey(rule: string, place: DocumentPlace): string {
  return JSON.stringify([rule, placeKey(place)]);
}

interface MakersOfTable {
  readonly table: Maker["table"];
  readonly rule: string;
  readonly keys: readonly Maker["key"][];
}

/** The makers by table and rule, each key once. */
function* byTable(makers: readonly Maker[]): Generator<MakersOfTable> {
  for (const [table, ofTable] of Map.groupBy(makers, ({ table: each }) => each))
    for (const [rule, ofRule] of Map.groupBy(ofTable, ({ rule: each }) => each)) {
      const keys = new Map(ofRule.map(({ key }) => [JSON.stringify(key), key]));
      yield { table, rule, keys: [...keys.values()] };
    }
}
