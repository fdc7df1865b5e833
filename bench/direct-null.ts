import type { Benchmark } from "./benchmark.ts";
import { replayIntoNull } from "./support/replay.ts";

/** MySQL's log into a server that takes everything at no cost: what tailrace itself can do. */
export const directNull: Benchmark = {
  name: "direct-null",
  summary: "replay the orders into a null Elasticsearch",
  run: (context) => replayIntoNull("direct-null", context, ""),
};
