/** The real server that benchmarks write. */
export interface ElasticsearchServer {
  readonly url: string;
  readonly version: string;
  /** Creates an index of one shard without replicas. */
  createIndex(name: string, mappings: unknown): Promise<void>;
  deleteIndex(name: string): Promise<void>;
  /** An index's mapping, as `createIndex` takes it. */
  mappings(name: string): Promise<unknown>;
  /** Documents of an index, after a refresh. */
  count(name: string): Promise<number>;
  /** CPU time of the server's process so far, ms (summed over the nodes). */
  cpuMs(): Promise<number>;
}

/** Looks at a running server. Throws when it does not answer. */
export async function connectElasticsearch(url: string): Promise<ElasticsearchServer> {
  const request = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const response = await fetch(new URL(path, url), {
      method,
      ...(body !== undefined && {
        body: JSON.stringify(body),
        headers: { "content-type": "application/json" },
      }),
    });
    const answer: unknown = await response.json();
    if (response.ok) return answer;
    throw new Error(`${method} ${path} answered ${response.status}: ${JSON.stringify(answer)}`);
  };
  const info = (await request("GET", "/")) as { version: { number: string } };
  return {
    url,
    version: info.version.number,
    createIndex: async (name, mappings) => {
      const settings = { number_of_shards: 1, number_of_replicas: 0 };
      await request("PUT", `/${name}`, { settings, mappings });
    },
    deleteIndex: async (name) => {
      await request("DELETE", `/${name}?ignore_unavailable=true`);
    },
    mappings: async (name) => {
      const answer = (await request("GET", `/${name}/_mapping`)) as Record<string, IndexMapping>;
      return answer[name]?.mappings;
    },
    count: async (name) => {
      await request("POST", `/${name}/_refresh`);
      return ((await request("GET", `/${name}/_count`)) as { count: number }).count;
    },
    cpuMs: async () => {
      const { nodes } = (await request("GET", "/_nodes/stats/process")) as NodeStats;
      return Object.values(nodes).reduce((sum, node) => sum + node.process.cpu.total_in_millis, 0);
    },
  };
}

interface IndexMapping {
  readonly mappings: unknown;
}

interface NodeStats {
  readonly nodes: Readonly<
    Record<string, { readonly process: { readonly cpu: { readonly total_in_millis: number } } }>
  >;
}
