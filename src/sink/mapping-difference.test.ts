import { expect, test } from "vitest";
import { compareMapping } from "./mapping-difference.ts";

const LIVE = {
  index: "orders-1",
  dynamic: "strict",
  properties: {
    id: { type: "long" },
    total: { type: "scaled_float", scaling_factor: 100.0 },
    code: { type: "integer" },
    note: { type: "text" },
    raw: { type: "object", enabled: false },
    address: { properties: { city: { type: "keyword" }, zip: { type: "keyword" } } },
    other: { properties: { deep: { type: "date" } } },
  },
};

test("an index is compared field by field", () => {
  const difference = compareMapping(LIVE, {
    id: { type: "integer" },
    total: { type: "scaled_float", scaling_factor: 100 },
    code: { type: "keyword" },
    note: { type: "text", fields: { keyword: { type: "keyword" } } },
    raw: { type: "object", enabled: false },
    "raw.inner": { type: "long" },
    "address.city": { type: "keyword" },
    "address.street": { type: "text" },
    fresh: { type: "boolean", index: true },
  });
  expect(difference.index).toBe("orders-1");
  expect({ ...difference.missing }).toEqual({
    "address.street": { type: "text" },
    fresh: { type: "boolean", index: true },
  });
  expect(difference.different).toMatchObject([
    { field: "id", existing: { type: "long" }, wanted: { type: "integer" }, fits: true },
    { field: "code", fits: false },
    { field: "note", fits: true },
    { field: "raw.inner", fits: true },
  ]);
  expect(difference.extra).toEqual({ "address.zip": "keyword", "other.deep": "date" });
});

test("what the server leaves out because it is the default is no difference", () => {
  const wanted = {
    id: { type: "long", index: true, doc_values: true },
    address: { type: "object", properties: LIVE.properties.address.properties },
  };
  const { different, extra } = compareMapping(LIVE, wanted);
  expect(different).toEqual([]);
  expect(extra).not.toHaveProperty("address.zip");
});
