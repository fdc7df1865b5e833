import { TailraceError } from "../../core/errors.ts";
import { reasonOf, type JsonClient } from "../../core/json-client.ts";
import { indexPattern, matchesIndex } from "../../rules/place.ts";
import type { IndexMeta } from "../../sink/index-meta.ts";
import type { LoadedRule } from "../rule-set.ts";

/** An index that rules write. */
export interface WrittenIndex {
  /** By this name the rules write it: an alias, perhaps. */
  readonly name: string;
  readonly rules: readonly LoadedRule[];
  /** This pipeline has made it. */
  readonly isOwn: boolean;
}

/**
 * The indices that exist and that rules write: those that are named, those that rows gave (`seen`), and those among the ones that a pattern covers that this pipeline has made. Throws BULK_*.
 */
export async function readWrittenIndices(
  client: JsonClient,
  rules: readonly LoadedRule[],
  options: { readonly seen: Iterable<string>; readonly pipeline: string },
): Promise<readonly WrittenIndex[]> {
  const names = new Set(options.seen);
  const own = new Set<string>();
  for (const { rule } of rules) {
    const pattern = indexPattern(rule.index);
    const isPattern = pattern.includes("*");
    if (!isPattern) names.add(pattern);
    const owners = await readOwners(client, pattern);
    for (const [index, pipeline] of owners) {
      if (pipeline !== options.pipeline) continue;
      if (isPattern) names.add(index);
      own.add(isPattern ? index : pattern);
    }
  }
  return [...names].map((name) => ({
    name,
    rules: rules.filter(({ rule }) => matchesIndex(indexPattern(rule.index), name)),
    isOwn: own.has(name),
  }));
}

/** The pipelines that made the indices of a name or pattern, as far as tailrace did. */
async function readOwners(
  client: JsonClient,
  pattern: string,
): Promise<ReadonlyMap<string, string | null>> {
  const path = `/${encodeURIComponent(pattern)}/_mapping?ignore_unavailable=true&allow_no_indices=true`;
  const answer = await client.request("GET", path);
  if (answer.status === 404) return new Map();
  if (answer.status !== 200)
    throw new TailraceError(
      "BULK_UNREACHABLE",
      `reading mappings: HTTP ${answer.status}${reasonOf(answer.body)}`,
    );
  const body = answer.body as Record<
    string,
    { readonly mappings?: { readonly _meta?: IndexMeta } }
  >;
  return new Map(
    Object.entries(body).map(([index, { mappings }]) => {
      const pipeline = mappings?._meta?.tailrace?.["pipeline"];
      return [index, typeof pipeline === "string" ? pipeline : null];
    }),
  );
}
