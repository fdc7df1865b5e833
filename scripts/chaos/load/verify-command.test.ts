import { expect, test } from "vitest";
import type { Damage } from "./damage.ts";
import { describeFindings, type VerifyAnswer } from "./verify-command.ts";

const DAMAGED: readonly Damage[] = [
  { kind: "missing", index: "i", id: "1" },
  { kind: "stale", index: "i", id: "2" },
];
const ANSWER: VerifyAnswer = {
  exitCode: 1,
  differences: DAMAGED,
  repaired: 0,
  unsettled: 0,
  log: "the log",
};

test("an answer that names exactly the damaged documents, and repairs them, is right", () => {
  expect(describeFindings("now", ANSWER, DAMAGED)).toEqual([]);
  expect(describeFindings("now", { ...ANSWER, exitCode: 0, repaired: 2 }, DAMAGED)).toEqual([]);
  expect(describeFindings("now", { ...ANSWER, exitCode: 0, differences: [] }, [])).toEqual([]);
});

test("what is not found, found besides, of another kind, not settled or ended otherwise is told", () => {
  const others = [
    { kind: "different", index: "i", id: "2" },
    { kind: "extra", index: "i", id: "3" },
  ];
  expect(
    describeFindings("now", { ...ANSWER, exitCode: 2, differences: others, unsettled: 4 }, DAMAGED),
  ).toEqual([
    "verify now ended with exit code 2:\nthe log",
    "verify now: 4 documents did not settle",
    "verify now did not find 1 documents: i/1 (missing)",
    "verify now found undamaged 1 documents: i/3 (extra)",
    "verify now found of another kind 1 documents: i/2 (different)",
  ]);
});
