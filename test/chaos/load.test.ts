import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { KILL } from "../../scripts/chaos/attack.ts";
import { KILL_LOADING, loadScene } from "../../scripts/chaos/load/load-scene.ts";
import { runChaos } from "../../scripts/chaos/run-chaos.ts";
import { DURABLE_MYSQL } from "../../scripts/chaos/servers.ts";
import { startService } from "../../scripts/services/start-service.ts";
import { openTestTarget } from "../support/elasticsearch.ts";
import { formatDifferences } from "../support/verify-report.ts";

const KILLS = 8;
const TIMEOUT_MS = 300_000;

test(
  "tables that are loaded while the pipeline is killed equal their documents, and damage by hand is found and repaired exactly",
  { timeout: TIMEOUT_MS },
  async () => {
    await using mysql = await startService("mysql", {
      owned: true,
      dedicated: true,
      options: DURABLE_MYSQL,
    });
    await using target = await openTestTarget();
    const folder = await mkdtemp(join(tmpdir(), "tailrace-chaos-load-"));
    const seed = 20_261_124;
    const place = { elasticsearch: target.url, indexPrefix: target.prefix };
    const result = await runChaos({
      ...place,
      seed,
      kills: KILLS,
      mysql,
      // It serves other tests, too.
      elasticsearchService: null,
      folder,
      signal: AbortSignal.timeout(TIMEOUT_MS - 10_000),
      scene: await loadScene({ ...place, seed }),
    });
    expect(result.problems).toEqual([]);
    expect(formatDifferences(result.verification)).toEqual([]);
    expect(result.verification.isEqual).toBe(true);
    const { faults } = result.progress;
    expect(faults.get(KILL)).toBe(KILLS);
    expect(faults.get(KILL_LOADING)).toBeGreaterThan(0);
    // Kept when the test fails: configuration, checkpoint and log.
    await rm(folder, { recursive: true });
  },
);
