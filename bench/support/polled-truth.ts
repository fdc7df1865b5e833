import { POLLED_TABLE, type PolledChange } from "./polled-traffic.ts";
import type { MysqlServer } from "./mysql.ts";
import type { PollAcknowledgement } from "./poller.ts";
import { percentile, round } from "./statistics.ts";

/** What an index lacks in the end, in rows. */
export interface Missed {
  /** Rows without a document. */
  readonly missed_inserts: number;
  /** Documents that say what their row said earlier. */
  readonly missed_updates: number;
  /** Documents whose row is gone. */
  readonly missed_deletes: number;
}

const PAGE = 10_000;

/** Compares every document's `qty` with that of its row. */
export async function countMissed(
  server: MysqlServer,
  elasticsearchUrl: string,
  index: string,
): Promise<Missed> {
  const rows = await server.query<{ id: number; qty: number }>(
    `SELECT id, qty FROM ${POLLED_TABLE}`,
  );
  const documents = await readDocuments(elasticsearchUrl, index);
  const found = rows.filter(({ id }) => documents.has(String(id)));
  return {
    missed_inserts: rows.length - found.length,
    missed_updates: found.filter(({ id, qty }) => documents.get(String(id)) !== qty).length,
    missed_deletes: documents.size - found.length,
  };
}

/** How long changes took from their commit to the answer of Elasticsearch, ms; those that did not arrive and deletes are not counted. */
export function staleness(
  changes: readonly PolledChange[],
  acknowledged: readonly PollAcknowledgement[],
): { readonly rows: number; readonly p50_ms: number; readonly p99_ms: number } {
  const arrivals = Map.groupBy(acknowledged, ([id]) => id);
  const latencies = changes
    .filter(({ kind }) => kind !== "delete")
    .flatMap(({ id, mark, atMs }) => {
      const arrival = arrivals.get(id)?.find(([, qty]) => qty >= mark);
      return arrival === undefined ? [] : [Math.max(0, arrival[2] - atMs)];
    })
    .toSorted((a, b) => a - b);
  const at = (share: number): number => round(percentile(latencies, share), 3);
  return { rows: latencies.length, p50_ms: at(0.5), p99_ms: at(0.99) };
}

async function readDocuments(url: string, index: string): Promise<ReadonlyMap<string, number>> {
  const post = async (path: string, body?: object): Promise<SearchPage> => {
    const response = await fetch(new URL(path, url), {
      method: "POST",
      ...(body && {
        body: JSON.stringify(body),
        headers: { "content-type": "application/json" },
      }),
    });
    return (await response.json()) as SearchPage;
  };
  await post(`${index}/_refresh`);
  const documents = new Map<string, number>();
  const search = { size: PAGE, sort: ["_doc"], _source: ["qty"] };
  let page = await post(`${index}/_search?scroll=1m`, search);
  while (page.hits.hits.length > 0) {
    for (const { _id, _source } of page.hits.hits) documents.set(_id, _source.qty);
    page = await post("_search/scroll", { scroll: "1m", scroll_id: page._scroll_id });
  }
  await fetch(new URL("_search/scroll", url), {
    method: "DELETE",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ scroll_id: page._scroll_id }),
  });
  return documents;
}

interface SearchPage {
  readonly _scroll_id: string;
  readonly hits: {
    readonly hits: readonly { readonly _id: string; readonly _source: { readonly qty: number } }[];
  };
}
