/** Counts and removes documents of the demo's indices. */
export interface DemoIndices {
  /** Documents that a search sees now; null when that is not known. */
  count(): Promise<number | null>;
  /** Deletes the indices of an earlier demo. */
  remove(): Promise<void>;
}

/** The demo's indices on a cluster. */
export function demoIndices(elasticsearch: URL, names: readonly string[]): DemoIndices {
  const origin = new URL(elasticsearch);
  const credentials = `${decodeURIComponent(origin.username)}:${decodeURIComponent(origin.password)}`;
  const headers: Record<string, string> =
    origin.username === ""
      ? {}
      : { authorization: `Basic ${Buffer.from(credentials).toString("base64")}` };
  origin.username = "";
  origin.password = "";
  const list = names.join(",");
  return {
    count: async () => {
      try {
        const url = new URL(`${list}/_count?ignore_unavailable=true`, origin);
        const response = await fetch(url, { headers, signal: AbortSignal.timeout(5_000) });
        return ((await response.json()) as { count?: number }).count ?? null;
      } catch {
        return null;
      }
    },
    remove: async () => {
      const url = new URL(`${list}?ignore_unavailable=true`, origin);
      const response = await fetch(url, { method: "DELETE", headers });
      if (!response.ok && response.status !== 404)
        throw new Error(
          `The indices ${list} cannot be deleted: ${response.status} ${await response.text()}`,
        );
    },
  };
}
