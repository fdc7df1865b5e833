import type { RequestLine } from "./http-frames.ts";

/** An answer of the null server. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** An index: how it was created, and its documents outside of bulk requests. */
export interface NullIndex {
  readonly created: Record<string, unknown>;
  readonly documents: Map<string, { readonly _seq_no: number; readonly _source: unknown }>;
}

/** Indices by name. */
export type Indices = Map<string, NullIndex>;

const MISSING = {
  error: { type: "index_not_found_exception", reason: "no such index" },
  status: 404,
};

/**
 * Answers what is not a bulk request as Elasticsearch 9 does, as far as a client needs it that looks at the server, creates an index
 * and reads its mapping back.
 */
export function answerAdmin(indices: Indices, request: RequestLine, body: string): Answer {
  const [name = "", api, id = ""] = request.path.replace(/\?.*$/, "").split("/").slice(1);
  if (name === "") return { status: 200, body: INFO };
  if (name === "_cluster" && api === "health") return { status: 200, body: { status: "green" } };
  if (name.startsWith("_")) return { status: 200, body: {} };
  const index = indices.get(decodeURIComponent(name));
  const parsed = (body === "" ? {} : JSON.parse(body)) as Record<string, unknown>;
  if (request.method === "PUT" && api === undefined) {
    indices.set(decodeURIComponent(name), { created: parsed, documents: new Map() });
    return { status: 200, body: { acknowledged: true, shards_acknowledged: true, index: name } };
  }
  if (index === undefined) return { status: 404, body: MISSING };
  if (api === "_doc") return answerDocument(index, request, { id, source: parsed });
  if (request.method === "PUT") return { status: 200, body: { acknowledged: true } };
  return {
    status: 200,
    body: {
      [name]: {
        aliases: {},
        mappings: index.created["mappings"] ?? {},
        settings: index.created["settings"] ?? {},
      },
    },
  };
}

/** A single document, which a pipeline keeps its state in: written without regard to conditions, for nobody else writes here. */
function answerDocument(
  { documents }: NullIndex,
  { method }: RequestLine,
  { id, source }: { readonly id: string; readonly source: unknown },
): Answer {
  const stored = documents.get(id);
  if (method === "PUT") {
    const _seq_no = (stored?._seq_no ?? -1) + 1;
    documents.set(id, { _seq_no, _source: source });
    return { status: 200, body: { result: "updated", _seq_no, _primary_term: 1 } };
  }
  if (stored === undefined) return { status: 404, body: { found: false } };
  return { status: 200, body: { found: true, _primary_term: 1, ...stored } };
}

const INFO = {
  name: "null",
  cluster_name: "null",
  cluster_uuid: "bench",
  version: { number: "9.5.3", build_flavor: "default" },
  tagline: "You Know, for Search",
};
