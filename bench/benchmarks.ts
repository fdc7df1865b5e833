import type { Benchmark } from "./benchmark.ts";
import { directNull } from "./direct-null.ts";
import { directRules } from "./direct-rules.ts";
import { peerZongjiDecode } from "./peer-zongji-decode.ts";

/** All benchmarks, in the order in which they run. */
export const BENCHMARKS: readonly Benchmark[] = [directNull, directRules, peerZongjiDecode];
