import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { KILL } from "../../scripts/chaos/attack.ts";
import { runKafkaChaos } from "../../scripts/chaos/kafka/run.ts";
import { DURABLE_MYSQL, IMPATIENT_KAFKA } from "../../scripts/chaos/servers.ts";
import { startService } from "../../scripts/services/start-service.ts";
import { openTestTarget } from "../support/elasticsearch.ts";
import { formatDifferences } from "../support/verify-report.ts";

const KILLS = 5;
const TIMEOUT_MS = 300_000;

test(
  "every row equals its document after kills of captures and syncs, and no offset is committed beyond an unwritten action",
  { timeout: TIMEOUT_MS },
  async () => {
    const own = { owned: true, dedicated: true } as const;
    await using mysql = await startService("mysql", { ...own, options: DURABLE_MYSQL });
    await using kafka = await startService("kafka", {
      ...own,
      options: IMPATIENT_KAFKA,
      heap: "384m",
      quickStart: true,
    });
    await using target = await openTestTarget();
    const folder = await mkdtemp(join(tmpdir(), "tailrace-chaos-kafka-"));
    const result = await runKafkaChaos({
      seed: 20_261_123,
      kills: KILLS,
      mysql,
      kafka,
      partitioner: "canal",
      elasticsearch: target.url,
      // It serves other tests, too.
      elasticsearchService: null,
      indexPrefix: target.prefix,
      folder,
      signal: AbortSignal.timeout(TIMEOUT_MS - 10_000),
    });
    expect(result.problems).toEqual([]);
    expect(formatDifferences(result.verification)).toEqual([]);
    expect(result.verification.isEqual).toBe(true);
    expect(result.progress.faults.get(KILL)).toBeGreaterThanOrEqual(KILLS);
    expect(result.progress.workload.changes.total).toBeGreaterThan(50);
    // Kept when the test fails: configuration and logs.
    await rm(folder, { recursive: true });
  },
);
