import { ordersRule } from "./canal-record.ts";
import { openTestTarget, type TestTarget } from "./elasticsearch.ts";
import { openTestTopics, type TestTopics } from "./kafka-topics.ts";
import { createTestSync, type TestSync } from "./sync-pipeline.ts";

/** A topic of `shop.orders`, an index for it, and a sync between them. */
export interface SyncScene extends AsyncDisposable {
  readonly topics: TestTopics;
  readonly target: TestTarget;
  readonly topic: string;
  readonly index: string;
  readonly sync: TestSync;
}

/** How a scene differs from the usual one: TOML for the rule, `[source]`, `[sink]` and the top level. */
export interface SyncSceneOptions {
  readonly rule?: string;
  readonly source?: string;
  readonly sink?: string;
  readonly top?: string;
  /** The way to Elasticsearch. */
  readonly elasticsearchUrl?: URL;
}

/** Makes a topic with so many partitions and a sync of it that has not been started. */
export async function openSyncScene(
  partitions: number,
  { rule, ...options }: SyncSceneOptions = {},
): Promise<SyncScene> {
  await using stack = new AsyncDisposableStack();
  const topics = stack.use(openTestTopics());
  const target = stack.use(await openTestTarget());
  const topic = `${topics.prefix}orders`;
  await topics.create(topic, partitions);
  const index = `${target.prefix}orders`;
  const rules = ordersRule(index, rule);
  const sync = stack.use(
    await createTestSync({ topics, names: [topic], target, rules, ...options }),
  );
  const held = stack.move();
  return { topics, target, topic, index, sync, [Symbol.asyncDispose]: () => held.disposeAsync() };
}
