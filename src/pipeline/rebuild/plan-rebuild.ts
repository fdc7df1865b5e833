import { TailraceError } from "../../core/errors.ts";
import type { JsonClient } from "../../core/json-client.ts";
import type { RebuildState } from "../../core/rebuild.ts";
import type { IndexMeta } from "../../sink/index-meta.ts";
import { readLoadEpoch } from "../load/load-epoch.ts";
import type { RebuildContext } from "./context.ts";
import { readMappings } from "./index-settings.ts";
import { bodyOf, hasIndex, impossible, readServedIndex } from "./served-index.ts";

/**
 * The rebuild that begins now, not recorded yet: what is served, and the name of the new index. Throws REBUILD_IMPOSSIBLE with the reason, SNAPSHOT_UNVERSIONED, BULK_*.
 */
export async function planRebuild(context: RebuildContext): Promise<RebuildState> {
  const { client, config, rebuilt, keepOld, clock, logger } = context;
  const { name } = rebuilt;
  const unversioned = rebuilt.rules.find((rule) => rule.upsert);
  if (unversioned !== undefined && config.topology === "sync")
    throw new TailraceError(
      "SNAPSHOT_UNVERSIONED",
      `rule ${unversioned.name} updates fields of documents (upsert)`,
    );
  const served = await readServedIndex(client, name);
  if (served === null)
    throw impossible(`there is no index ${name} yet: run the pipeline, which loads it`);
  if (!served.isAlias && keepOld)
    throw impossible(
      `${name} is an index, not an alias: an alias of that name can only come in its place, so it cannot be kept; leave --keep-old out`,
    );
  if (served.aliases[name]?.["index_routing"] !== undefined)
    throw impossible(
      `the alias ${name} adds a routing to what is written through it: documents in a new index would be without it, and not be found`,
    );
  await checkOwner(served.index, context);
  // says when versions would not compare
  const { capture } = context;
  await readLoadEpoch(config, { client, indices: [name], capture, logger });
  const startedAt = new Date(clock.now()).toISOString();
  const newIndex = await freeName(client, name, startedAt.slice(0, 10).replaceAll("-", ""));
  const room = await readRoom(client, served.index);
  if (room !== null && room.free < room.size * 1.2)
    logger.warn(
      { index: served.index, bytes: room.size, freeBytes: room.free },
      "the disks may be too small for a second index",
    );
  return {
    format: 1,
    pipeline: config.name,
    name,
    kind: "rebuild",
    phase: "building",
    oldIndex: served.index,
    newIndex,
    keepOld,
    startedAt,
    blockedUntil: null,
    swappedAt: null,
    inStep: null,
    savedAt: startedAt,
  };
}

/** What another pipeline has written would be missing in the new index. Throws REBUILD_IMPOSSIBLE when another one has made the index, unless differences are accepted. */
async function checkOwner(
  index: string,
  { client, config, acceptDifferences }: RebuildContext,
): Promise<void> {
  const { _meta: meta } = (await readMappings(client, index)) as { readonly _meta?: IndexMeta };
  const owner = meta?.tailrace?.["pipeline"];
  if (typeof owner !== "string" || owner === config.name || acceptDifferences === true) return;
  throw impossible(
    `${index} was made by the pipeline ${owner}: what that one has written would be missing in the new index; --accept-differences builds it all the same`,
  );
}

/** `NAME-20261123-1`, or the next number that nothing bears yet. */
async function freeName(client: JsonClient, name: string, day: string): Promise<string> {
  for (let n = 1; ; n += 1) {
    const candidate = `${name}-${day}-${n}`;
    if (!(await hasIndex(client, candidate))) return candidate;
  }
}

/** Bytes of an index with its replicas, and what the data nodes' disks have free together; null when the cluster does not tell. */
async function readRoom(
  client: JsonClient,
  index: string,
): Promise<{ readonly size: number; readonly free: number } | null> {
  interface Stats {
    readonly _all?: { readonly total?: { readonly store?: { readonly size_in_bytes?: number } } };
  }
  interface Nodes {
    readonly nodes?: Readonly<
      Record<
        string,
        { readonly fs?: { readonly total?: { readonly available_in_bytes?: number } } }
      >
    >;
  }
  try {
    const path = `/${encodeURIComponent(index)}/_stats/store`;
    const stats = bodyOf(await client.request("GET", path), path) as Stats;
    const nodes = bodyOf(await client.request("GET", "/_nodes/stats/fs"), "nodes") as Nodes;
    const free = Object.values(nodes.nodes ?? {}).map((node) => node.fs?.total?.available_in_bytes);
    const size = stats._all?.total?.store?.size_in_bytes;
    if (size === undefined || free.length === 0) return null;
    return { size, free: free.reduce<number>((sum, each) => sum + (each ?? 0), 0) };
  } catch {
    // only a warning depends on it
    return null;
  }
}
