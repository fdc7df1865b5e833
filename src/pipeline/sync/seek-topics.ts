import type { OffsetStart, SyncConfig } from "../../config/config.ts";
import { TailraceError } from "../../core/errors.ts";
import { openCluster } from "../../kafka/cluster.ts";
import { seekGroup, type SeekStep } from "./seek.ts";
import { findTopics } from "./topic-watch.ts";

/** Sets where the group of a sync goes on in all of its topics; see {@link seekGroup}. Throws KAFKA_*. */
export async function seekTopics(
  { source }: SyncConfig,
  { to, isDryRun }: { readonly to: OffsetStart; readonly isDryRun?: boolean | undefined },
): Promise<readonly SeekStep[]> {
  await using cluster = await openCluster(source.connection);
  const found = await findTopics(cluster, source.topics);
  if (found.size === 0)
    throw new TailraceError("KAFKA_TOPIC_MISSING", `no topic ${source.topics.join(", ")} exists`);
  const { group } = source;
  return await seekGroup(cluster, { group, topics: [...found.keys()], to, isDryRun });
}
