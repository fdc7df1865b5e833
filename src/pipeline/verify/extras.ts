/**
 * Finds documents that no row has. The walk over the rows left the hashes of all places that have a document (`PlaceSet`); every document of the indices is looked up there. Who is not there may
 * be of a row that came later, so it is made sure of: by reading the row that its id names, or where an id does not name a key, by walking all rows once more.
 */
import type { LogPlace } from "../../core/checkpoint.ts";
import { readIds } from "../../sink/clear.ts";
import type { HttpChannel } from "../../sink/client.ts";
import type { Candidate } from "./candidate.ts";
import { isSameState, stateOf } from "./difference.ts";
import type { DocumentPlace } from "./document-batch.ts";
import { fetchPlaces } from "./fetch-documents.ts";
import type { WrittenIndex } from "./index-names.ts";
import type { Judge, Judged } from "./judge.ts";
import { isFoundById, isOfUntoldKey, makerOf } from "./makers.ts";
import { hashPlace, type PlaceHash, PlaceSet } from "./place-set.ts";
import { PlaceWalk } from "./place-walk.ts";
import type { Settling } from "./settling.ts";
import type { DocumentEncoders } from "./table-documents.ts";
import type { VerifiedTable } from "./verified-table.ts";

/** What looking for documents without rows takes. */
export interface ExtrasOptions {
  readonly channel: HttpChannel;
  readonly encoders: DocumentEncoders;
  readonly settling: Settling;
  readonly judge: Pick<Judge, "judge">;
  readonly indices: readonly WrittenIndex[];
  /** The tables of all rules that write them. */
  readonly tables: readonly VerifiedTable[];
  /** The places of all documents that rows have, as far as the set goes. */
  readonly places: PlaceSet;
  /** Places that belong to a row's document although it should be elsewhere. */
  readonly misrouted: PlaceSet;
  /** Walks over all rows of the tables; resolves with whether it came to their ends. Where it did not, a document whose row was not seen may have one. */
  readonly walk: (destination: PlaceWalk) => Promise<boolean>;
  /** Where the source's log ends now. */
  readonly readEnd: () => Promise<LogPlace>;
  readonly onJudged: (judged: readonly Judged[]) => Promise<void>;
  /** Aborted: nothing more is looked for. */
  readonly signal: AbortSignal;
}

/** Documents that are judged at once. */
const GROUP = 1_000;
/** Documents whose rows are looked for in one walk, at most; more are looked for the next time. */
const MAX_WALKED = 200_000;

/**
 * Looks through the indices; resolves with the number of documents in each, by name: none when it was stopped, or rows could not be walked over. Throws as confirming does, and what `walk`
 * throws.
 */
export async function findExtras(options: ExtrasOptions): Promise<ReadonlyMap<string, number>> {
  const { places, misrouted, indices, channel, signal } = options;
  const counts = new Map(indices.map(({ name }) => [name, 0]));
  const walked: Candidate[] = [];
  for (let part = 0; part < places.parts; part++) {
    const set = part === 0 ? places : await collectPart(part, options);
    if (set === null) return new Map();
    for (const index of indices)
      for await (const page of readIds(channel, index.name)) {
        if (signal.aborted) return new Map();
        const name = Buffer.from(index.name);
        const unknown = page.filter(({ _id, _routing = "" }) => {
          const place = hashPlace(name, Buffer.from(_id), Buffer.from(_routing));
          return set.covers(place) && !set.has(place) && !misrouted.has(place);
        });
        if (part === 0) counts.set(index.name, counts.get(index.name)! + page.length);
        const found = unknown.map(({ _id, _routing }): DocumentPlace => ({
          index: index.name,
          id: _id,
          routing: _routing ?? null,
        }));
        walked.push(...(await judge(index, found, options)));
      }
  }
  const isWhole = await judgeByWalk(walked.slice(0, MAX_WALKED), options);
  await options.onJudged(
    walked.slice(MAX_WALKED).map((candidate) => ({ candidate, verdict: { kind: "unsettled" } })),
  );
  return isWhole ? counts : new Map();
}

/** The places of one of the parts that the first set could not hold; null when not all of them were seen. */
async function collectPart(
  part: number,
  { places: { parts }, encoders, walk }: ExtrasOptions,
): Promise<PlaceSet | null> {
  const set = new PlaceSet({ parts, part, most: Number.POSITIVE_INFINITY });
  return (await walk(new PlaceWalk(encoders, (place) => set.add(place)))) ? set : null;
}

/** Judges documents by the rows that their ids name; returns those whose ids name none. */
async function judge(
  { rules }: WrittenIndex,
  found: readonly DocumentPlace[],
  options: ExtrasOptions,
): Promise<readonly Candidate[]> {
  if (found.length === 0) return [];
  const writers = options.tables.flatMap((table) =>
    table.rules.filter((rule) => rules.includes(rule)).map((rule) => ({ table, rule })),
  );
  const isNamed = writers.every(({ table, rule }) => isFoundById(table, rule));
  const held = await fetchPlaces(options.channel, found);
  const candidates = found.map((place, n): Candidate => ({
    ...place,
    makers: isNamed
      ? writers.flatMap(({ table, rule }) => makerOf(table, rule, place.id) ?? [])
      : [],
    isNamed,
    key: null,
    seen: stateOf(held[n]!),
    low: null,
  }));
  const isUntold = ({ id }: Candidate): boolean =>
    id.startsWith("sha256:") || writers.some(({ table, rule }) => isOfUntoldKey(table, rule, id));
  if (!isNamed) return candidates;
  for (let at = 0; at < candidates.length; at += GROUP) {
    const group = candidates.slice(at, at + GROUP).filter((each) => !isUntold(each));
    const verdicts = await options.judge.judge(group);
    await options.onJudged(group.map((candidate, n) => ({ candidate, verdict: verdicts[n]! })));
  }
  return candidates.filter(isUntold);
}

/**
 * Judges documents by walking all rows: a document that was there before, and is in the same state behind the walk, when everything that was logged by then is applied, and of which no row was
 * seen, has none. Judges none, and resolves with false, when the walk did not come to its end.
 */
async function judgeByWalk(
  candidates: readonly Candidate[],
  { encoders, walk, settling, channel, readEnd, onJudged }: ExtrasOptions,
): Promise<boolean> {
  if (candidates.length === 0) return true;
  const wanted = new PlaceSet({ most: Number.POSITIVE_INFINITY });
  for (const candidate of candidates) wanted.add(hashOf(candidate));
  const seen = new PlaceSet({ most: Number.POSITIVE_INFINITY });
  const rows = new PlaceWalk(encoders, (place) => {
    if (wanted.has(place)) seen.add(place);
  });
  const isWhole = await walk(rows);
  // not where the last chunk was read: tables that were empty had none
  const isSettled = isWhole && (await settling.wait(await readEnd()));
  const held = await fetchPlaces(channel, candidates);
  const judged = candidates.map((candidate, n): Judged => {
    const state = stateOf(held[n]!);
    if (state === null || seen.has(hashOf(candidate)))
      return { candidate, verdict: { kind: "agrees" } };
    const isCertain = isSettled && isSameState(candidate.seen, state);
    return {
      candidate,
      verdict: isCertain ? { kind: "extra", fields: [], state } : { kind: "unsettled" },
    };
  });
  for (let at = 0; at < judged.length; at += GROUP) await onJudged(judged.slice(at, at + GROUP));
  return isWhole;
}

function hashOf({ index, id, routing }: DocumentPlace): PlaceHash {
  return hashPlace(Buffer.from(index), Buffer.from(id), Buffer.from(routing ?? ""));
}
