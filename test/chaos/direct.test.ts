import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { KILL } from "../../scripts/chaos/attack.ts";
import { runChaos } from "../../scripts/chaos/run-chaos.ts";
import { DURABLE_MYSQL } from "../../scripts/chaos/servers.ts";
import { startService } from "../../scripts/services/start-service.ts";
import { openTestTarget } from "../support/elasticsearch.ts";
import { formatDifferences } from "../support/verify-report.ts";

const KILLS = 5;
const TIMEOUT_MS = 240_000;

test(
  "every row equals its document after kills, restarts of MySQL and broken connections",
  { timeout: TIMEOUT_MS },
  async () => {
    await using mysql = await startService("mysql", {
      owned: true,
      dedicated: true,
      options: DURABLE_MYSQL,
    });
    await using target = await openTestTarget();
    const folder = await mkdtemp(join(tmpdir(), "tailrace-chaos-"));
    const result = await runChaos({
      seed: 20_261_123,
      kills: KILLS,
      mysql,
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
    expect(result.progress.faults.get(KILL)).toBe(KILLS);
    expect(result.progress.workload.changes.total).toBeGreaterThan(100);
    // Kept when the test fails: configuration, checkpoint and log.
    await rm(folder, { recursive: true });
  },
);
