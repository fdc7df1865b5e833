import { expect, test } from "vitest";
import { freeBuffers } from "./free-buffers.ts";

test("memory of their own is given back, that of the pool stays", () => {
  const own = Buffer.allocUnsafeSlow(100_000);
  const pooled = Buffer.from("pooled");
  const neighbour = Buffer.from("neighbour");
  freeBuffers([own, own, pooled]);
  expect(own.length).toBe(0);
  expect(pooled.toString()).toBe("pooled");
  expect(neighbour.toString()).toBe("neighbour");
});
