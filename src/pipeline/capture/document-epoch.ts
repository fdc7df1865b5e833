import type { SyncConfig } from "../../config/config.ts";
import { parseRule } from "../../query/rule.ts";
import { indexPattern } from "../../rules/place.ts";
import { openJsonClient } from "../../sink/client.ts";
import { readIndexEpoch } from "../../sink/index-meta.ts";

/**
 * The greatest epoch of versions in the indices that a sync writes, null when there are none. A capture for it that begins without a checkpoint takes the next
 * one, or its changes would count as older than what a direct pipeline wrote before. Throws BULK_*.
 */
export async function readDocumentEpoch(
  config: Pick<SyncConfig, "sink" | "rules">,
): Promise<number | null> {
  await using client = openJsonClient(config.sink);
  const indices = config.rules
    .filter((rule) => rule.createIndex)
    .map((rule) => indexPattern(parseRule(rule).index));
  return indices.length === 0 ? null : await readIndexEpoch(client, indices);
}
