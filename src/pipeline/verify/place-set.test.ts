import { expect, test } from "vitest";
import { hashPlace, PlaceSet } from "./place-set.ts";

const INDEX = Buffer.from("orders");
const NO_ROUTING = Buffer.alloc(0);
const placeOf = (id: number | string) => hashPlace(INDEX, Buffer.from(String(id)), NO_ROUTING);

test("holds what was added, once", () => {
  const set = new PlaceSet();
  for (let id = 0; id < 20_000; id++) set.add(placeOf(id));
  for (let id = 0; id < 100; id++) set.add(placeOf(id));
  expect(set.size).toBe(20_000);
  expect(set.parts).toBe(1);
  for (let id = 0; id < 20_000; id++) expect(set.has(placeOf(id))).toBe(true);
  for (let id = 20_000; id < 40_000; id++) expect(set.has(placeOf(id))).toBe(false);
});

test("ids, routings and indices that run together alike are different places", () => {
  const a = hashPlace(INDEX, Buffer.from("1"), Buffer.from("23"));
  const b = hashPlace(INDEX, Buffer.from("12"), Buffer.from("3"));
  const c = hashPlace(Buffer.from("orders1"), Buffer.from("2"), Buffer.from("3"));
  expect(new Set([a, b, c].map(({ high, low }) => `${high} ${low}`)).size).toBe(3);
});

test("beyond its bound it holds a part of all places, and sets for the other parts hold the rest", () => {
  const first = new PlaceSet({ most: 1_000 });
  for (let id = 0; id < 5_000; id++) first.add(placeOf(id));
  expect(first.parts).toBeGreaterThanOrEqual(8);
  const { parts } = first;
  const sets = Array.from({ length: parts }, (_, part) =>
    part === 0 ? first : new PlaceSet({ parts, part, most: 5_000 }),
  );
  for (const set of sets.slice(1)) for (let id = 0; id < 5_000; id++) set.add(placeOf(id));
  expect(sets.reduce((sum, set) => sum + set.size, 0)).toBe(5_000);
  for (let id = 0; id < 10_000; id++) {
    const covering = sets.filter((set) => set.covers(placeOf(id)));
    expect(covering).toHaveLength(1);
    expect(covering[0]!.has(placeOf(id))).toBe(id < 5_000);
  }
});
