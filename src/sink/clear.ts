import { TailraceError } from "../core/errors.ts";
import { reasonOf, type JsonAnswer } from "../core/json-client.ts";
import { requestJson, type HttpChannel } from "./client.ts";

/** Ids a page, and how long the server keeps the scroll between two pages. */
const PAGE = 2000;
const KEEP_ALIVE = "5m";

interface Page {
  readonly _scroll_id?: string;
  readonly hits?: { readonly hits?: readonly FoundDocument[] };
}

/** A document's id and routing. */
export interface FoundDocument {
  readonly _id: string;
  readonly _routing?: string;
}

/**
 * The ids of all documents of an index as of now, page by page; none when there is no such index. A scroll, because every version has
 * it and it needs no sort key. Throws BULK_*.
 */
export async function* readIds(
  channel: HttpChannel,
  index: string,
): AsyncGenerator<readonly FoundDocument[]> {
  const path = `/${encodeURIComponent(index)}`;
  const refreshed = await requestJson(channel, "POST", `${path}/_refresh`);
  if (refreshed.status === 404) return;
  let page = pageOf(
    index,
    await requestJson(channel, "POST", `${path}/_search?scroll=${KEEP_ALIVE}`, {
      size: PAGE,
      sort: ["_doc"],
      _source: false,
    }),
  );
  try {
    for (;;) {
      const found = page.hits?.hits ?? [];
      if (found.length === 0) return;
      yield found;
      const next = { scroll: KEEP_ALIVE, scroll_id: page._scroll_id };
      page = pageOf(index, await requestJson(channel, "POST", "/_search/scroll", next));
    }
  } finally {
    await requestJson(channel, "DELETE", "/_search/scroll", { scroll_id: page._scroll_id });
  }
}

function pageOf(index: string, answer: JsonAnswer): Page {
  if (answer.status === 200) return answer.body as Page;
  throw new TailraceError(
    "BULK_OVERLOADED",
    `reading the ids of index ${index}: HTTP ${answer.status}${reasonOf(answer.body)}`,
  );
}
