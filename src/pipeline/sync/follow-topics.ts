import { MAX_EPOCH } from "../../core/version.ts";
import { TailraceError } from "../../core/errors.ts";
import type { FollowedTopic, SyncState } from "../../core/sync-state.ts";

/** A topic's identity as the cluster tells it. */
export type TopicIdentity = Pick<FollowedTopic, "id" | "partitions">;

/** What a sync is about to read, and as whom. */
export interface FollowInputs {
  readonly pipeline: string;
  readonly group: string;
  readonly fingerprint: string;
  readonly topics: ReadonlyMap<string, TopicIdentity>;
  /** The generation of new topics where there is no state yet. */
  readonly firstGeneration: number;
  /** Go on although rules or topics are others than before. */
  readonly acceptChanges: boolean;
  /** ISO 8601. */
  readonly now: string;
}

/** Topics that were deleted and made anew since the state was written. */
export function recreatedTopics(
  state: SyncState | null,
  topics: ReadonlyMap<string, TopicIdentity>,
): readonly string[] {
  return [...topics].flatMap(([name, { id }]) => {
    const known = state?.topics[name];
    return known === undefined || known.id === id ? [] : [name];
  });
}

/**
 * The state with which these topics are read; the given one when nothing is new. A changed number of partitions is left as it was unless it is accepted: whether it
 * matters, the records tell. Throws CONFIG_RULES_CHANGED, KAFKA_TOPIC_RECREATED, STATE_EPOCHS_USED_UP.
 */
export function followTopics(state: SyncState | null, inputs: FollowInputs): SyncState {
  const { pipeline, group, fingerprint, topics, acceptChanges, firstGeneration, now } = inputs;
  if (state !== null && !acceptChanges) checkUnchanged(state, inputs);
  const isSameGroup = state?.group === group;
  const before: SyncState = state ?? {
    format: 1,
    pipeline,
    group,
    fingerprint,
    generation: firstGeneration,
    topics: {},
    gaps: [],
    savedAt: now,
  };
  const followed: Record<string, FollowedTopic> = {};
  for (const [name, topic] of Object.entries(before.topics))
    followed[name] = isSameGroup || topic.begun === null ? topic : { ...topic, begun: null };
  for (const [name, found] of topics) {
    followed[name] = followTopic(followed[name], found, { acceptChanges, before });
    if (followed[name].generation > MAX_EPOCH)
      throw new TailraceError(
        "STATE_EPOCHS_USED_UP",
        `topic ${name}: the next generation would be ${followed[name].generation}`,
      );
  }
  const isSame =
    state !== null &&
    isSameGroup &&
    state.fingerprint === fingerprint &&
    Object.keys(followed).every((name) => followed[name] === state.topics[name]);
  return isSame ? state : { ...before, group, fingerprint, topics: followed, savedAt: now };
}

function followTopic(
  known: FollowedTopic | undefined,
  { id, partitions }: TopicIdentity,
  { acceptChanges, before }: { readonly acceptChanges: boolean; readonly before: SyncState },
): FollowedTopic {
  if (known === undefined) return { id, partitions, begun: null, generation: before.generation };
  const generation = known.generation + 1;
  // All of a topic made anew is new; of one that has grown the added partitions are.
  if (known.id !== id) return { id, partitions, begun: 0, generation };
  if (known.partitions === partitions || !acceptChanges) return known;
  return { ...known, partitions, generation };
}

function checkUnchanged(state: SyncState, { pipeline, fingerprint, topics }: FollowInputs): void {
  if (state.fingerprint !== fingerprint)
    throw new TailraceError(
      "CONFIG_RULES_CHANGED",
      `what ${pipeline} has read was written for other tables, indices or ids`,
    );
  const [recreated] = recreatedTopics(state, topics);
  if (recreated !== undefined)
    throw new TailraceError(
      "KAFKA_TOPIC_RECREATED",
      `topic ${recreated} has the id ${topics.get(recreated)!.id} instead of ${state.topics[recreated]!.id}`,
    );
}
