import type { Benchmark } from "./benchmark.ts";
import { bigTransaction } from "./big-transaction.ts";
import { directNull } from "./direct-null.ts";
import { directReal } from "./direct-real.ts";
import { directRules } from "./direct-rules.ts";
import { encode } from "./encode.ts";
import { incremental } from "./incremental.ts";
import { kafkaCapture } from "./kafka-capture.ts";
import { kafkaSync } from "./kafka-sync.ts";
import { latencyDirect } from "./latency-direct.ts";
import { latencyKafka } from "./latency-kafka.ts";
import { loadNull } from "./load-null.ts";
import { loadReal } from "./load-real.ts";
import { peerZongjiDecode } from "./peer-zongji-decode.ts";
import { pollBaseline } from "./poll-baseline.ts";
import { ruleCost } from "./rule-cost.ts";
import { slowSink } from "./slow-sink.ts";
import { smallTransactions } from "./small-transactions.ts";

/** All benchmarks, in the order in which they run. */
export const BENCHMARKS: readonly Benchmark[] = [
  directNull,
  directRules,
  ruleCost,
  peerZongjiDecode,
  encode,
  smallTransactions,
  bigTransaction,
  slowSink,
  loadNull,
  directReal,
  loadReal,
  pollBaseline,
  incremental,
  latencyDirect,
  kafkaCapture,
  kafkaSync,
  latencyKafka,
];
