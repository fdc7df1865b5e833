import { TailraceError } from "../core/errors.ts";
import { reasonOf, type JsonClient } from "../core/json-client.ts";

/** `_meta` of an index's mapping, with what tailrace notes in the indices that it creates. */
export interface IndexMeta {
  readonly tailrace?: Readonly<Record<string, unknown>>;
}

/**
 * The greatest epoch that tailrace noted in these indices, null when there is none: versions of documents there begin with it, and new ones must
 * not begin with less. `*` in a name stands for anything. Indices that do not exist are passed over. Throws BULK_*.
 */
export async function readIndexEpoch(
  client: JsonClient,
  indices: readonly string[],
): Promise<number | null> {
  const epochs: number[] = [];
  for (const names of namesByRequest(indices)) epochs.push(...(await readEpochs(client, names)));
  return epochs.length === 0 ? null : Math.max(...epochs);
}

async function readEpochs(client: JsonClient, names: string): Promise<number[]> {
  const answer = await client.request(
    "GET",
    `/${names}/_mapping?ignore_unavailable=true&allow_no_indices=true`,
  );
  if (answer.status === 404) return [];
  if (answer.status !== 200)
    throw new TailraceError(
      "BULK_UNREACHABLE",
      `reading mappings: HTTP ${answer.status}${reasonOf(answer.body)}`,
    );
  const mappings = Object.values(
    answer.body as Record<string, { readonly mappings?: { readonly _meta?: IndexMeta } }>,
  );
  return mappings
    .map((one) => Number(one.mappings?._meta?.tailrace?.["epoch"]))
    .filter(Number.isSafeInteger);
}

/** Elasticsearch takes request lines of 4096 bytes. */
const MAX_NAMES_BYTES = 3_000;

/** Names of indices for request paths, joined by commas; as many requests as their length takes. */
export function namesByRequest(indices: readonly string[]): string[] {
  const lists: string[] = [];
  for (const name of new Set(indices)) {
    const encoded = encodeURIComponent(name);
    const last = lists.at(-1);
    if (last !== undefined && last.length + encoded.length < MAX_NAMES_BYTES)
      lists[lists.length - 1] = `${last},${encoded}`;
    else lists.push(encoded);
  }
  return lists;
}
