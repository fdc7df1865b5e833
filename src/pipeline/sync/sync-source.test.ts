import { expect, test } from "vitest";
import { TailraceError } from "../../core/errors.ts";
import type { SyncState, SyncStateStore } from "../../core/sync-state.ts";
import { rememberCase } from "./sync-source.ts";

const STATE: SyncState = {
  format: 1,
  pipeline: "shop",
  group: "shop",
  fingerprint: "f",
  generation: 0,
  topics: {},
  gaps: [],
  savedAt: "",
};

function openStore(): SyncStateStore & { readonly written: SyncState[] } {
  const written: SyncState[] = [];
  return {
    written,
    load: () => Promise.resolve(STATE),
    update: (change) => {
      const state = change(STATE);
      if (state !== null) written.push(state);
      return Promise.resolve(state);
    },
  };
}

const away = () => Promise.reject(new TailraceError("SOURCE_UNREACHABLE", "away"));

test("what the server says of the case of names is remembered, and believed while it is away", async () => {
  const store = openStore();
  expect(await rememberCase({ isCaseSensitive: () => Promise.resolve(false) }, store, STATE)).toBe(
    false,
  );
  expect(store.written).toMatchObject([{ isCaseSensitive: false }]);
  const known = { ...STATE, isCaseSensitive: false };
  expect(await rememberCase({ isCaseSensitive: away }, store, known)).toBe(false);
  expect(store.written).toHaveLength(1);
});

test("a server that never answered, or refuses us, is not guessed about", async () => {
  const store = openStore();
  await expect(rememberCase({ isCaseSensitive: away }, store, STATE)).rejects.toMatchObject({
    code: "SOURCE_UNREACHABLE",
  });
  const denied = () => Promise.reject(new TailraceError("SOURCE_ACCESS_DENIED", "no"));
  const known = { ...STATE, isCaseSensitive: true };
  await expect(rememberCase({ isCaseSensitive: denied }, store, known)).rejects.toMatchObject({
    code: "SOURCE_ACCESS_DENIED",
  });
});
