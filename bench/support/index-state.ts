import type { RequestLine } from "./http-frames.ts";

/** An answer of the null server. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** Creation bodies of indices by name. */
export type Indices = Map<string, Record<string, unknown>>;

const MISSING = {
  error: { type: "index_not_found_exception", reason: "no such index" },
  status: 404,
};

/**
 * Answers what is not a bulk request as Elasticsearch 9 does, as far as a client needs it that looks at the server, creates an index
 * and reads its mapping back.
 */
export function answerAdmin(indices: Indices, request: RequestLine, body: string): Answer {
  const [name = "", api] = request.path.replace(/\?.*$/, "").split("/").slice(1);
  if (name === "") return { status: 200, body: INFO };
  if (name === "_cluster" && api === "health") return { status: 200, body: { status: "green" } };
  if (name.startsWith("_")) return { status: 200, body: {} };
  const index = indices.get(decodeURIComponent(name));
  const parsed = (body === "" ? {} : JSON.parse(body)) as Record<string, unknown>;
  if (request.method === "PUT" && api === undefined) {
    indices.set(decodeURIComponent(name), parsed);
    return { status: 200, body: { acknowledged: true, shards_acknowledged: true, index: name } };
  }
  if (index === undefined) return { status: 404, body: MISSING };
  if (request.method === "PUT") return { status: 200, body: { acknowledged: true } };
  return {
    status: 200,
    body: {
      [name]: { aliases: {}, mappings: index["mappings"] ?? {}, settings: index["settings"] ?? {} },
    },
  };
}

const INFO = {
  name: "null",
  cluster_name: "null",
  cluster_uuid: "bench",
  version: { number: "9.5.3", build_flavor: "default" },
  tagline: "You Know, for Search",
};
