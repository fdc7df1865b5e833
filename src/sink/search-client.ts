import { parseExact } from "../core/exact-json.ts";
import { TailraceError } from "../core/errors.ts";
import { reasonOf } from "../core/json-client.ts";
import { HttpClient, type HttpChannel, requestJson } from "./client.ts";
import type { ConnectionOptions } from "./options.ts";

/** A document that a search has found: the fields asked for, as `parseExact` gives them, by name. */
export type FoundFields = Readonly<Record<string, unknown>>;

/** What is looked for. */
export interface DocumentSearch {
  /** A name, or a pattern with `*`. */
  readonly index: string;
  /** Elasticsearch's query as a JSON text. */
  readonly query: string;
  /** The fields of the documents that are wanted. */
  readonly fields: readonly string[];
}

/** Searches in the sink's cluster. Throws BULK_UNREACHABLE, BULK_OVERLOADED, BULK_ACCESS_DENIED, and BULK_INDEX_UNUSABLE for a search that is refused. */
export interface SearchClient extends AsyncDisposable {
  /** What was written until now is found from now on. An index that is missing has nothing. */
  refresh(index: string): Promise<void>;
  /**
   * The documents that match as of the call, page by page; none where there is no such index. A scroll, because every version has it and it needs no sort key. Digits of
   * integers are kept, whatever their number.
   */
  find(search: DocumentSearch): AsyncGenerator<readonly FoundFields[]>;
}

const PAGE = 1_000;
const KEEP_ALIVE = "5m";
/** An index that is missing, or a pattern without one, is no error; an answer that lacks shards is. */
const LENIENT = "ignore_unavailable=true&allow_no_indices=true";

interface Answer {
  readonly _scroll_id?: string;
  readonly hits?: { readonly hits?: readonly { readonly _source?: FoundFields }[] };
}

/** Opens a client of its own. Throws CONFIG_INVALID for hosts that are not URLs. */
export function openSearchClient(options: ConnectionOptions): SearchClient {
  const client = new HttpClient(options);
  const channel = client.channel();
  return {
    refresh: (index) => refresh(channel, index),
    find: (search) => find(channel, search),
    [Symbol.asyncDispose]: () => client[Symbol.asyncDispose](),
  };
}

async function refresh(channel: HttpChannel, index: string): Promise<void> {
  const path = `/${encodeURIComponent(index)}/_refresh?${LENIENT}`;
  const { status, body } = await requestJson(channel, "POST", path);
  if (status === 404) return;
  const { _shards: shards } = body as { _shards?: { failed?: number } };
  if (status === 200 && shards?.failed === 0) return;
  throw new TailraceError(
    status === 200 ? "BULK_OVERLOADED" : "BULK_INDEX_UNUSABLE",
    `refreshing ${index}: HTTP ${status}, ${shards?.failed ?? "all"} shards failed${reasonOf(body)}`,
  );
}

async function* find(
  channel: HttpChannel,
  { index, query, fields }: DocumentSearch,
): AsyncGenerator<readonly FoundFields[]> {
  const path = `/${encodeURIComponent(index)}/_search?scroll=${KEEP_ALIVE}&${LENIENT}&allow_partial_search_results=false`;
  const wanted = JSON.stringify(fields);
  let answer = await ask(
    channel,
    path,
    `{"size":${PAGE},"sort":["_doc"],"_source":${wanted},"query":${query}}`,
  );
  try {
    for (;;) {
      const hits = answer.hits?.hits ?? [];
      if (hits.length === 0) return;
      yield hits.map(({ _source }) => _source ?? {});
      if (hits.length < PAGE) return;
      const next = { scroll: KEEP_ALIVE, scroll_id: answer._scroll_id };
      answer = await ask(channel, "/_search/scroll", JSON.stringify(next));
    }
  } finally {
    if (answer._scroll_id !== undefined)
      await requestJson(channel, "DELETE", "/_search/scroll", {
        scroll_id: answer._scroll_id,
      }).catch(() => undefined);
  }
}

async function ask(channel: HttpChannel, path: string, body: string): Promise<Answer> {
  const what = `POST ${channel.host}${path.split("?")[0]}`;
  const result = await channel.send({ method: "POST", path, body });
  if (result.kind !== "answer") {
    channel.rotate();
    throw result.error;
  }
  const { status } = result;
  const parsed = parse(result.body);
  if (status === 200 && parsed !== null) return parsed as Answer;
  const message = `${what}: HTTP ${status}${reasonOf(parsed)}`;
  if (status === 401 || status === 403) throw new TailraceError("BULK_ACCESS_DENIED", message);
  if (status === 400) throw new TailraceError("BULK_INDEX_UNUSABLE", message);
  channel.rotate();
  throw new TailraceError("BULK_OVERLOADED", message);
}

function parse(body: Buffer): unknown {
  try {
    return parseExact(body.toString());
  } catch {
    return null;
  }
}
