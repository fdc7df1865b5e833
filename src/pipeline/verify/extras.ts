/**
 * Finds documents that no row has. The walk over the rows left the hashes of all places that have a document (`PlaceSet`); every document of the indices is looked up there. Who is not there may
 * be of a row that came later, so it is made sure of: by reading the row that its id names, or where an id does not name a key, by walking all rows once more.
 */
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
  /** Walks over all rows of the tables. Rejects when a table could not be walked to its end. */
  readonly walk: (destination: PlaceWalk) => Promise<void>;
  readonly onJudged: (judged: readonly Judged[]) => Promise<void>;
}

/** Documents that are judged at once. */
const GROUP = 1_000;
/** Documents whose rows are looked for in one walk, at most; more are looked for the next time. */
const MAX_WALKED = 200_000;

/** Looks through the indices; resolves with the number of documents in each, by name. Throws as confirming does, and what `walk` throws. */
export async function findExtras(options: ExtrasOptions): Promise<ReadonlyMap<string, number>> {
  const { places, misrouted, indices, channel } = options;
  const counts = new Map(indices.map(({ name }) => [name, 0]));
  const walked: Candidate[] = [];
  for (let part = 0; part < places.parts; part++) {
    const set = part === 0 ? places : await collectPart(part, options);
    for (const index of indices)
      for await (const page of readIds(channel, index.name)) {
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
  await judgeByWalk(walked.slice(0, MAX_WALKED), options);
  await options.onJudged(
    walked.slice(MAX_WALKED).map((candidate) => ({ candidate, verdict: { kind: "unsettled" } })),
  );
  return counts;
}

/** The places of one of the parts that the first set could not hold. */
async function collectPart(
  part: number,
  { places: { parts }, encoders, walk }: ExtrasOptions,
): Promise<PlaceSet> {
  const set = new PlaceSet({ parts, part, most: Number.POSITIVE_INFINITY });
  await walk(new PlaceWalk(encoders, (place) => set.add(place)));
  return set;
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

/** Judges documents by walking all rows: a document that was there before, and is in the same state behind the walk, and of which no row was seen, has none. */
async function judgeByWalk(
  candidates: readonly Candidate[],
  { encoders, walk, settling, channel, onJudged }: ExtrasOptions,
): Promise<void> {
  if (candidates.length === 0) return;
  const wanted = new PlaceSet({ most: Number.POSITIVE_INFINITY });
  for (const candidate of candidates) wanted.add(hashOf(candidate));
  const seen = new PlaceSet({ most: Number.POSITIVE_INFINITY });
  const rows = new PlaceWalk(encoders, (place) => {
    if (wanted.has(place)) seen.add(place);
  });
  await walk(rows);
  const isSettled = rows.high === null || (await settling.wait(rows.high));
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
}

function hashOf({ index, id, routing }: DocumentPlace): PlaceHash {
  return hashPlace(Buffer.from(index), Buffer.from(id), Buffer.from(routing ?? ""));
}
