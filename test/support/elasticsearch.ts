import { randomBytes } from "node:crypto";
import { parseLossless } from "./lossless-json.ts";
import { testServerUrl } from "./servers.ts";

/** A document as the server holds it. Numbers as {@link parseLossless} gives them. */
export interface StoredDocument {
  readonly _id: string;
  readonly _version: bigint;
  readonly _source: Readonly<Record<string, unknown>>;
}

/** An answer of the server: HTTP status and parsed body. */
export interface Reply {
  readonly status: number;
  readonly body: unknown;
}

/** Index names of its own on one of the test servers; every index under its prefix is deleted at the end of its scope. */
export interface TestTarget extends AsyncDisposable {
  readonly url: URL;
  /** Unique; names of the test's indices begin with it. */
  readonly prefix: string;
  /** The document as it is now (real-time, no refresh needed), or null. `index` is a full name. */
  get(index: string, id: string): Promise<StoredDocument | null>;
  /** Every document of an index (a full name), after a refresh, in no order; none when the index is not there. */
  all(index: string): Promise<StoredDocument[]>;
  /** Sends a request; a string body goes as NDJSON, another value as JSON. Does not throw for an HTTP status. */
  request(method: string, path: string, body?: unknown): Promise<Reply>;
}

interface RawHit {
  readonly _id: string;
  readonly _version: number | bigint;
  readonly _source: Readonly<Record<string, unknown>>;
}

const PAGE = 1000;

/** Names a unique index prefix on the test server; `await using` deletes the indices under it. */
export async function openTestTarget(
  server: "elasticsearch" | "opensearch" = "elasticsearch",
): Promise<TestTarget> {
  const url = testServerUrl(server);
  const prefix = `t-${randomBytes(6).toString("hex")}-`;

  const request = async (method: string, path: string, body?: unknown): Promise<Reply> => {
    const text = typeof body === "string";
    const response = await fetch(new URL(path, url), {
      method,
      headers: { "content-type": text ? "application/x-ndjson" : "application/json" },
      ...(body === undefined ? {} : { body: text ? body : JSON.stringify(body) }),
    });
    const answer = await response.text();
    return { status: response.status, body: answer === "" ? null : parseLossless(answer) };
  };

  const requireOk = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const reply = await request(method, path, body);
    if (reply.status < 300) return reply.body;
    throw new Error(`${method} ${path} answered ${reply.status}: ${JSON.stringify(reply.body)}`);
  };

  return {
    url,
    prefix,
    request,
    get: async (index, id) => {
      const path = `${encodeURIComponent(index)}/_doc/${encodeURIComponent(id)}`;
      const reply = await request("GET", path);
      if (reply.status === 404) return null;
      if (reply.status !== 200) throw new Error(`GET ${path} answered ${reply.status}`);
      return storedDocument(reply.body as RawHit);
    },
    all: async (index) => {
      const name = encodeURIComponent(index);
      if ((await request("HEAD", name)).status === 404) return [];
      await requireOk("POST", `${name}/_refresh`);
      const documents: StoredDocument[] = [];
      let page = (await requireOk("POST", `${name}/_search?scroll=1m`, {
        size: PAGE,
        version: true,
        sort: ["_doc"],
      })) as ScrollPage;
      while (page.hits.hits.length > 0) {
        for (const hit of page.hits.hits) documents.push(storedDocument(hit));
        page = (await requireOk("POST", "_search/scroll", {
          scroll: "1m",
          scroll_id: page._scroll_id,
        })) as ScrollPage;
      }
      await requireOk("DELETE", "_search/scroll", { scroll_id: page._scroll_id });
      return documents;
    },
    [Symbol.asyncDispose]: async () => {
      // Name by name: deleting by a pattern is forbidden by default.
      const names = Object.keys((await requireOk("GET", `${prefix}*/_settings`)) as object);
      if (names.length > 0) await requireOk("DELETE", names.map(encodeURIComponent).join(","));
    },
  };
}

interface ScrollPage {
  readonly _scroll_id: string;
  readonly hits: { readonly hits: readonly RawHit[] };
}

function storedDocument(hit: RawHit): StoredDocument {
  return { _id: hit._id, _version: BigInt(hit._version), _source: hit._source };
}
