import { systemClock } from "../../src/core/clock.ts";
import type { TestTarget } from "../support/elasticsearch.ts";

/** Queries an index by its name in a loop, as users do, and remembers everything that it should have found and did not. */
export interface Reader extends AsyncDisposable {
  /** What was wrong, in order. */
  readonly misses: readonly string[];
  readonly queries: number;
}

interface Hits {
  readonly hits?: { readonly total?: { readonly value?: unknown } };
}

/** Looks for these documents by id and by search, which all exist the whole time, until it is disposed. */
export function startReader(target: TestTarget, name: string, ids: readonly string[]): Reader {
  const misses: string[] = [];
  let queries = 0;
  const stop = new AbortController();
  const look = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      const id = ids[queries % ids.length]!;
      const got = await target.request("GET", `${name}/_doc/${id}`);
      if (got.status !== 200) misses.push(`document ${id}: HTTP ${got.status}`);
      const query = { ids: { values: ids } };
      const found = await target.request("POST", `${name}/_search?size=0&track_total_hits=true`, {
        query,
      });
      const total = Number((found.body as Hits | null)?.hits?.total?.value);
      if (found.status !== 200 || total !== ids.length)
        misses.push(`search: HTTP ${found.status}, ${total} of ${ids.length}`);
      queries += 1;
      await systemClock.sleep(5);
    }
  };
  const ended = look();
  return {
    misses,
    get queries() {
      return queries;
    },
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await ended;
    },
  };
}
