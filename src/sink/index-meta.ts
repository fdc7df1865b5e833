import { TailraceError } from "../core/errors.ts";
import { reasonOf, type JsonClient } from "../core/json-client.ts";

/** `_meta` of an index's mapping, with what tailrace notes in the indices that it creates. */
export interface IndexMeta {
  readonly tailrace?: Readonly<Record<string, unknown>>;
}

/**
 * The greatest epoch that tailrace noted in these indices, null when there is none: versions of documents there begin with it, and new ones must
 * not begin with less. Indices that do not exist are passed over. Throws BULK_*.
 */
export async function readIndexEpoch(
  client: JsonClient,
  indices: readonly string[],
): Promise<number | null> {
  const names = [...new Set(indices)].map(encodeURIComponent).join(",");
  const answer = await client.request(
    "GET",
    `/${names}/_mapping?ignore_unavailable=true&allow_no_indices=true`,
  );
  if (answer.status === 404) return null;
  if (answer.status !== 200)
    throw new TailraceError(
      "BULK_UNREACHABLE",
      `reading mappings: HTTP ${answer.status}${reasonOf(answer.body)}`,
    );
  const mappings = Object.values(
    answer.body as Record<string, { readonly mappings?: { readonly _meta?: IndexMeta } }>,
  );
  const epochs = mappings
    .map((one) => Number(one.mappings?._meta?.tailrace?.["epoch"]))
    .filter(Number.isSafeInteger);
  return epochs.length === 0 ? null : Math.max(...epochs);
}
