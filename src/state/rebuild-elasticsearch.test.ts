import { expect, test } from "vitest";
import type { JsonAnswer, JsonClient } from "../core/json-client.ts";
import type { RebuildState } from "../core/rebuild.ts";
import { TailraceError } from "../core/errors.ts";
import { openRebuildIndex } from "./rebuild-elasticsearch.ts";

/** An index of one document, whose conditions hold as Elasticsearch's do; `lose` loses the answer of the next write. */
function openIndex() {
  let stored: { readonly _seq_no: number; readonly _source: unknown } | null = null;
  let isLosing = false;
  const put = (path: string, body: unknown): JsonAnswer => {
    if (!path.includes("/_doc/")) return { status: 200, body: {} };
    const expected = /if_seq_no=(\d+)/.exec(path)?.[1];
    const holds = expected === undefined ? stored === null : Number(expected) === stored?._seq_no;
    if (!holds) return { status: 409, body: {} };
    stored = { _seq_no: (stored?._seq_no ?? 0) + 1, _source: structuredClone(body) };
    if (isLosing) {
      isLosing = false;
      throw new TailraceError("BULK_UNREACHABLE", "the answer was lost");
    }
    return { status: 200, body: { ...stored, _primary_term: 1 } };
  };
  const get = (): JsonAnswer =>
    stored === null
      ? { status: 404, body: {} }
      : { status: 200, body: { ...stored, _primary_term: 1 } };
  const client = {
    request: async (method: string, path: string, body?: unknown) =>
      Promise.resolve().then(() => (method === "PUT" ? put(path, body) : get())),
  } as unknown as JsonClient;
  return {
    store: () => openRebuildIndex({ client, index: "state", pipeline: "p", name: "orders" }),
    lose: () => {
      isLosing = true;
    },
  };
}

const state = (savedAt: string): RebuildState => ({ savedAt }) as unknown as RebuildState;

test("a save whose answer was lost is no other process's", async () => {
  const index = openIndex();
  await using store = index.store();
  await store.save(state("1"));
  index.lose();
  await expect(store.save(state("2"))).rejects.toMatchObject({ code: "STATE_UNWRITABLE" });
  index.lose();
  await expect(store.save(state("3"))).rejects.toMatchObject({ code: "STATE_UNWRITABLE" });
  await store.save(state("4"));
  await store.save(state("5"));
});

test("a save behind another process's is refused, one whose answer was lost before, too", async () => {
  const index = openIndex();
  await using store = index.store();
  await using other = index.store();
  await store.save(state("1"));
  await other.save(state("2"));
  await expect(store.save(state("3"))).rejects.toMatchObject({ code: "STATE_FOREIGN" });
  index.lose();
  await expect(other.save(state("4"))).rejects.toMatchObject({ code: "STATE_UNWRITABLE" });
  await using third = index.store();
  await third.save(state("5"));
  await expect(other.save(state("6"))).rejects.toMatchObject({ code: "STATE_FOREIGN" });
});
