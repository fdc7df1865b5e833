/** A complete answer: HTTP status and parsed JSON body. */
export interface JsonAnswer {
  readonly status: number;
  readonly body: unknown;
}

/**
 * Requests to Elasticsearch or OpenSearch outside the bulk stream: implemented by the sink, used by the stores that live in an index.
 * `request` throws BULK_UNREACHABLE, BULK_OVERLOADED or BULK_ACCESS_DENIED; any other status is the caller's to judge.
 */
export interface JsonClient extends AsyncDisposable {
  /** A string body is sent as it is (NDJSON), another one as JSON. */
  request(
    method: "GET" | "HEAD" | "POST" | "PUT" | "DELETE",
    path: string,
    body?: unknown,
  ): Promise<JsonAnswer>;
}

/** `: type: reason` of an error answer, or nothing. */
export function reasonOf(body: unknown): string {
  const { error } = (body ?? {}) as { error?: unknown };
  if (typeof error === "string") return `: ${error}`;
  const { type, reason } = (error ?? {}) as { type?: unknown; reason?: unknown };
  return typeof type === "string" ? `: ${type}: ${String(reason)}` : "";
}
