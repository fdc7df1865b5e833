import { expect, test } from "vitest";
import type { SyncState } from "../../core/sync-state.ts";
import { followTopics, type FollowInputs } from "./follow-topics.ts";

const inputs = (more: Partial<FollowInputs> = {}): FollowInputs => ({
  pipeline: "shop",
  group: "g",
  fingerprint: "f",
  topics: new Map([["t", { id: "a", partitions: 3 }]]),
  firstGeneration: 4,
  acceptChanges: false,
  now: "2026-11-23T10:00:00.000Z",
  ...more,
});

function known(more: Partial<SyncState["topics"][string]> = {}): SyncState {
  const state = followTopics(null, inputs());
  return { ...state, topics: { t: { ...state.topics["t"]!, begun: 3, ...more } } };
}

test("the first state holds the topics with the first generation, begun nowhere", () => {
  expect(followTopics(null, inputs())).toMatchObject({
    fingerprint: "f",
    generation: 4,
    topics: { t: { id: "a", partitions: 3, begun: null, generation: 4 } },
  });
});

test("a state in which nothing is new stays the very same", () => {
  const state = known();
  expect(followTopics(state, inputs())).toBe(state);
});

test("other rules and topics made anew are refused unless they are accepted", () => {
  const made = new Map([["t", { id: "b", partitions: 3 }]]);
  expect(() => followTopics(known(), inputs({ fingerprint: "other" }))).toThrow(
    expect.objectContaining({ code: "CONFIG_RULES_CHANGED" }),
  );
  expect(() => followTopics(known(), inputs({ topics: made }))).toThrow(
    expect.objectContaining({ code: "KAFKA_TOPIC_RECREATED" }),
  );
  const accepted = followTopics(known(), inputs({ topics: made, acceptChanges: true }));
  expect(accepted.topics["t"]).toEqual({ id: "b", partitions: 3, begun: 0, generation: 5 });
});

test("another number of partitions is noted only when it is accepted, with a new generation; added partitions are known as such", () => {
  const grown = new Map([["t", { id: "a", partitions: 5 }]]);
  const state = known();
  expect(followTopics(state, inputs({ topics: grown }))).toBe(state);
  const accepted = followTopics(state, inputs({ topics: grown, acceptChanges: true }));
  expect(accepted.topics["t"]).toEqual({ id: "a", partitions: 5, begun: 3, generation: 5 });
});

test("a consumer group that is new has begun nothing; topics that are not read at the moment stay known", () => {
  const state = followTopics(known(), inputs({ group: "other", topics: new Map() }));
  expect(state).toMatchObject({ group: "other", topics: { t: { id: "a", begun: null } } });
});

test("generations end with what versions can hold", () => {
  const made = new Map([["t", { id: "b", partitions: 3 }]]);
  expect(() =>
    followTopics(known({ generation: 255 }), inputs({ topics: made, acceptChanges: true })),
  ).toThrow(expect.objectContaining({ code: "STATE_EPOCHS_USED_UP" }));
});
