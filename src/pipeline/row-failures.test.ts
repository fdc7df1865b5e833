import { expect, test } from "vitest";
import type { DeadLetter, DeadLetterStore } from "../core/dead-letter.ts";
import { TailraceError } from "../core/errors.ts";
import { RowError } from "../expression/typed.ts";
import { createRowFailureHandler, type FailedRow } from "./row-failures.ts";

const ROW: FailedRow = {
  rule: "orders",
  database: "shop",
  table: "orders",
  id: "7",
  error: new RowError(1690, "BIGINT value is out of range"),
  versionHigh: 1,
  versionLow: 2,
};

/** A handler with what it stores and logs; a second passes with each call of the clock. */
function openHandler(onReject: "dead_letter" | "stop") {
  const letters: DeadLetter[] = [];
  const lines: string[] = [];
  let now = 0;
  let failures = 1;
  const deadLetters: DeadLetterStore = {
    store: (more) => {
      if (failures-- > 0)
        return Promise.reject(new TailraceError("STATE_DEAD_LETTERS_UNWRITABLE", "full"));
      letters.push(...more);
      return Promise.resolve();
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  const log = (fields: object, message: string): void => {
    lines.push(`${message} ×${String((fields as { count?: number }).count ?? "")}`);
  };
  const handle = createRowFailureHandler({
    pipeline: "p",
    deadLetters,
    placeOf: () => ({ file: "binlog.000001", position: 4 }),
    onReject,
    clock: { now: () => now, random: () => 0.5, sleep: () => Promise.resolve() },
    logger: { debug: () => {}, info: () => {}, warn: log, error: log },
  });
  return { handle, letters, lines, pass: (ms: number) => (now += ms) };
}

test("a failed row is a dead letter with its place, stored however long that takes", async () => {
  const { handle, letters, lines } = openHandler("dead_letter");
  await handle(ROW);
  expect(letters).toMatchObject([
    {
      kind: "row",
      code: "RULE_ROW_FAILED",
      rule: "orders",
      database: "shop",
      table: "orders",
      id: "7",
      version: String(2n ** 32n + 2n),
      file: "binlog.000001",
      position: 4,
      error: { type: "RowError", message: "BIGINT value is out of range" },
    },
  ]);
  expect(lines).toEqual([
    "trying again to store a dead letter ×",
    "no document of a row: BIGINT value is out of range ×1",
  ]);
});

test("many failed rows are few lines, and none is left out of the count", async () => {
  const { handle, letters, lines, pass } = openHandler("dead_letter");
  for (let i = 0; i < 5; i++) await handle(ROW);
  pass(20_000);
  await handle(ROW);
  expect(letters).toHaveLength(6);
  expect(lines.slice(1).map((line) => line.replace(/.*×/, ""))).toEqual(["1", "5"]);
});

test("where refused documents stop the run, failed rows do, behind their letter", async () => {
  const { handle, letters } = openHandler("stop");
  const cause = new Error("no such member");
  const error = new TailraceError("RULE_TRANSFORM_FAILED", "The script threw.", { cause });
  await expect(handle({ ...ROW, id: null, error })).rejects.toMatchObject({
    code: "RULE_TRANSFORM_FAILED",
  });
  expect(letters).toMatchObject([
    { code: "RULE_TRANSFORM_FAILED", error: { cause: { message: "no such member" } } },
  ]);
  expect(letters[0]).not.toHaveProperty("id");
});

test("a script's error is told whatever it holds: itself as its cause, a message that is no text", async () => {
  const { handle, letters } = openHandler("dead_letter");
  const own = new Error("mine");
  own.cause = own;
  const odd: Error = Object.assign(new Error("odd"), { message: 5n, stack: undefined });
  for (const cause of [own, odd, Object.create(null) as unknown])
    await handle({
      ...ROW,
      error: new TailraceError("RULE_TRANSFORM_FAILED", "The script threw.", { cause }),
    });
  expect(() => JSON.stringify(letters)).not.toThrow();
  expect(letters).toMatchObject([
    { error: { cause: { message: "mine", cause: { message: "mine" } } } },
    { error: { cause: { message: "5" } } },
    { error: { cause: { message: "an error that cannot be told" } } },
  ]);
});
