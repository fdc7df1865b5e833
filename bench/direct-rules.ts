import type { Benchmark } from "./benchmark.ts";
import { replayIntoNull } from "./support/replay.ts";

/** As direct-null, with a rule that does something. */
export const directRules: Benchmark = {
  name: "direct-rules",
  summary: "the same with a renamed and an excluded column",
  run: (context) =>
    replayIntoNull(
      "direct-rules",
      context,
      'fields = { exclude = ["note"], rename = { price = "amount" } }',
    ),
};
