import { expect, test } from "vitest";
import { judgeDisks } from "./preflight-disk.ts";

const GB = 2 ** 30;
const disk = (available: number, total = 1000 * GB) => ({ name: "n1", total, available });

test("a disk is judged by the share that is used, or by the space that is free", () => {
  const percent = { high: { limit: "90%" }, flood: { limit: "0.95" } };
  expect(judgeDisks([disk(200 * GB)], percent).severity).toBe("ok");
  expect(judgeDisks([disk(500 * GB), disk(80 * GB)], percent).severity).toBe("warning");
  expect(judgeDisks([disk(10 * GB)], percent).severity).toBe("error");
  const bytes = { high: { limit: "50gb" }, flood: { limit: "10gb" } };
  expect(judgeDisks([disk(60 * GB)], bytes).severity).toBe("ok");
  expect(judgeDisks([disk(40 * GB)], bytes).severity).toBe("warning");
  expect(judgeDisks([disk(9 * GB)], bytes).severity).toBe("error");
});

test("a large disk may be fuller than the percentage when the headroom is there", () => {
  const high = { limit: "90%", headroom: "150GB" };
  const flood = { limit: "95%", headroom: "100GB" };
  const total = 10_000 * GB;
  expect(judgeDisks([disk(160 * GB, total)], { high, flood }).severity).toBe("ok");
  expect(judgeDisks([disk(120 * GB, total)], { high, flood }).severity).toBe("warning");
  expect(judgeDisks([disk(90 * GB, total)], { high, flood }).severity).toBe("error");
});

test("no disk is no finding", () => {
  expect(judgeDisks([], { high: { limit: "90%" }, flood: { limit: "95%" } }).severity).toBe("ok");
});
