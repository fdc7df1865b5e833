import { expect, test } from "vitest";
import type { DeadLetter } from "../../core/dead-letter.ts";
import { createPoisonHandler } from "./poison.ts";

/** A handler whose clock stands still until the test moves it, with what it stores and logs. */
function open() {
  let now = 0;
  let wakeUp = (): void => {};
  const letters: DeadLetter[] = [];
  const logged: { readonly offset?: number; readonly records?: number }[] = [];
  const ignore = (): void => {};
  const handle = createPoisonHandler({
    pipeline: "shop",
    deadLetters: {
      store: async (some) => void letters.push(...some),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    },
    clock: {
      now: () => now,
      random: () => 0,
      sleep: () => new Promise((resolve) => (wakeUp = resolve)),
    },
    logger: { debug: ignore, info: ignore, warn: ignore, error: (fields) => logged.push(fields) },
  });
  const poison = (offset: number): Promise<void> =>
    handle({
      kind: "poison",
      record: { topic: "t", partition: 0, offset },
      detail: "no JSON",
      key: null,
      value: "x",
    });
  const pass = async (ms: number): Promise<void> => {
    now += ms;
    wakeUp();
    await Promise.resolve();
  };
  return { poison, pass, letters, logged };
}

test("each poison record is a dead letter; the log tells of the first at once and of those behind it a second later", async () => {
  const { poison, pass, letters, logged } = open();
  for (const offset of [5, 6, 7]) await poison(offset);
  expect(letters.map((letter) => "offset" in letter && letter.offset)).toEqual([5, 6, 7]);
  expect(logged).toMatchObject([{ offset: 5, records: 1 }]);
  await pass(1_000);
  expect(logged.slice(1)).toMatchObject([{ topic: "t", offset: 7, records: 2 }]);
  await pass(1_000);
  await poison(8);
  expect(logged.slice(2)).toMatchObject([{ offset: 8, records: 1 }]);
});
