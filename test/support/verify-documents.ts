import { parseExact } from "../../src/core/exact-json.ts";

/** Documents of a cluster, read for comparison: sources as JSON with every number as it is written. */
export interface DocumentReader {
  /** Makes everything that was written visible to {@link DocumentReader.ids}. */
  refresh(index: string): Promise<void>;
  /** The documents with these ids, in this order; null for one that is not there. */
  get(index: string, ids: readonly string[]): Promise<(Readonly<Record<string, unknown>> | null)[]>;
  /** The ids of all documents of an index, page by page; none when there is no such index. */
  ids(index: string): AsyncIterable<readonly string[]>;
}

interface GetReply {
  readonly docs: readonly {
    readonly found?: boolean;
    readonly _source?: Readonly<Record<string, unknown>>;
    readonly error?: { readonly type: string };
  }[];
}

interface ScrollReply {
  readonly _scroll_id: string;
  readonly hits: { readonly hits: readonly { readonly _id: string }[] };
}

const PAGE = 5000;

/** Reads documents of the cluster at `url`, without credentials or with those in the URL. */
export function createDocumentReader(url: URL | string): DocumentReader {
  const origin = new URL(url);
  const { username, password } = origin;
  origin.username = "";
  origin.password = "";
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  const headers = {
    "content-type": "application/json",
    ...(username !== "" && {
      authorization: `Basic ${Buffer.from(credentials).toString("base64")}`,
    }),
  };

  const request = async (method: string, path: string, body?: object): Promise<unknown> => {
    const response = await fetch(new URL(path, origin), {
      method,
      headers,
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (response.status === 404 && text.includes("index_not_found_exception")) return null;
    if (!response.ok)
      throw new Error(`${method} ${path} answered ${response.status}: ${text.slice(0, 500)}`);
    return parseExact(text);
  };

  return {
    refresh: async (index) => {
      await request("POST", `${encodeURIComponent(index)}/_refresh`);
    },
    get: async (index, ids) => {
      const reply = await request("POST", `${encodeURIComponent(index)}/_mget`, { ids });
      if (reply === null) return ids.map(() => null);
      return (reply as GetReply).docs.map(({ found, _source, error }) => {
        if (error !== undefined && error.type !== "index_not_found_exception")
          throw new Error(`a document of ${index} cannot be read: ${error.type}`);
        return found === true ? (_source ?? {}) : null;
      });
    },
    async *ids(index) {
      const search = `${encodeURIComponent(index)}/_search?scroll=1m`;
      let page = (await request("POST", search, {
        size: PAGE,
        sort: ["_doc"],
        _source: false,
      })) as ScrollReply | null;
      if (page === null) return;
      while (page.hits.hits.length > 0) {
        yield page.hits.hits.map((hit) => hit._id);
        page = (await request("POST", "_search/scroll", {
          scroll: "1m",
          scroll_id: page._scroll_id,
        })) as ScrollReply;
      }
      await request("DELETE", "_search/scroll", { scroll_id: page._scroll_id });
    },
  };
}
