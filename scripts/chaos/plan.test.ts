import { expect, test } from "vitest";
import { createRandom } from "../support/random.ts";
import { planFault } from "./faults.ts";
import { FILLED_CHANGES } from "./load/filled-changes.ts";
import { ROW_CHANGES } from "./row-changes.ts";
import { SCHEMA_CHANGES, SCHEMA_ROW_CHANGES } from "./schema-changes.ts";
import { LARGE_CHANGES, SPECIAL_CHANGES } from "./special-changes.ts";

const KINDS = [
  ...ROW_CHANGES,
  ...SCHEMA_ROW_CHANGES,
  ...SPECIAL_CHANGES,
  ...LARGE_CHANGES,
  ...SCHEMA_CHANGES,
  ...FILLED_CHANGES,
].map((item) => ({ weight: item.weight, item }));

function changes(seed: number): readonly (readonly string[])[] {
  const random = createRandom(seed, "worker");
  const columns = new Set(["id", "label", "touched", "extra_int"]);
  return Array.from({ length: 500 }, () => random.pickWeighted(KINDS).statements(random, columns));
}

function faults(seed: number): readonly string[] {
  const random = createRandom(seed, "faults");
  return Array.from({ length: 500 }, () => {
    const { afterMs, fault } = planFault(random);
    return `${afterMs} ${fault.name}`;
  });
}

test("a seed repeats the changes and the plan of faults, another one does not", () => {
  expect(changes(7)).toEqual(changes(7));
  expect(changes(7)).not.toEqual(changes(8));
  expect(faults(7)).toEqual(faults(7));
  expect(faults(7)).not.toEqual(faults(8));
});

test("every kind of fault is in a plan of some length", () => {
  const names = new Set(faults(1).map((fault) => fault.replace(/^\d+ /, "")));
  const sides = ["mysql", "elasticsearch"];
  const network = ["cut", "stall", "refuse", "delay", "stall, then cut"];
  const servers = ["MySQL", "Elasticsearch"].flatMap((name) => [
    `restart ${name}`,
    `kill -9 ${name}`,
  ]);
  const wanted = [
    ...network.flatMap((fault) => sides.map((side) => `${fault} ${side}`)),
    ...servers,
  ];
  expect(names).toEqual(new Set(wanted));
});

test("transactions that are begun are ended", () => {
  for (const statements of changes(3)) {
    const begun = statements.filter((statement) => statement === "BEGIN").length;
    const ended = statements.filter((statement) => /^(COMMIT|ROLLBACK)$/.test(statement)).length;
    expect(ended).toBe(begun);
    const xa = (verb: RegExp): number => statements.filter((one) => verb.test(one)).length;
    expect(xa(/^XA (COMMIT|ROLLBACK)/)).toBe(xa(/^XA START/));
  }
});
