import type { CaptureConfig, SyncConfig } from "../../config/config.ts";
import type { TableGap } from "../../core/checkpoint.ts";
import type { Clock } from "../../core/clock.ts";
import { TailraceError } from "../../core/errors.ts";
import type { Logger } from "../../core/logger.ts";
import { tableName } from "../../core/schema.ts";
import { describeServer } from "../../mysql/server.ts";
import { openJsonClient } from "../../sink/client.ts";
import type { LoadProgress } from "../../snapshot/load-progress.ts";
import { openSyncStateIndex } from "../../state/sync-state-elasticsearch.ts";
import { mysqlOf } from "../load/load-source.ts";
import { readRuledTables } from "../load/ruled-tables.ts";
import { runLoad } from "../load/run-load.ts";
import { loadRules, RuleSet } from "../rule-set.ts";
import { connectionOptions, SourceQueries } from "../source.ts";
import { SyncNotes } from "../sync/sync-notes.ts";
import type { RecoverOutcome } from "./recover.ts";
import { verifyRecovered } from "./verify-recovered.ts";

/** How a sync's gaps are mended. */
export interface RecoverSyncOptions {
  readonly signal: AbortSignal;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly capture?: CaptureConfig | undefined;
  /** Told of the gaps before anything is changed; false = leave them. */
  readonly confirm: (gaps: readonly TableGap[]) => Promise<boolean>;
  readonly onProgress?: ((loads: readonly LoadProgress[]) => void) | undefined;
}

/**
 * Mends the gaps that a sync's instances have noted, while they run: loads the tables by versions, compares documents with rows, and takes the notes back that were there when it began. Throws what loading and
 * comparing throw.
 */
export async function recoverSync(
  config: SyncConfig,
  options: RecoverSyncOptions,
): Promise<RecoverOutcome> {
  const { signal, clock, onProgress, confirm } = options;
  await using client = openJsonClient(config.sink);
  const { name: pipeline, state } = config;
  const store = openSyncStateIndex({ client, index: state.index, pipeline });
  const before = await store.load();
  if (before === null || before.gaps.length === 0) return { kind: "whole" };
  const notes = new SyncNotes(store, before, clock);
  if (!(await confirm(before.gaps))) return { kind: "declined" };
  const tables = (await readTables(config)).filter(({ database, table }) =>
    before.gaps.some((gap) => gap.database === database && gap.table === table),
  );
  for (const table of tables) {
    const outcome = await runLoad(
      config,
      { table: tableName(table) },
      {
        ...options,
        isAnew: false,
        onBegun: (view) => onProgress?.(view.loads()),
      },
    );
    if (signal.aborted) return { kind: "stopped" };
    const failed = outcome.loads.find((load) => load.state !== "done");
    if (failed !== undefined)
      throw new TailraceError("SNAPSHOT_NOTHING", `${tableName(failed)}: ${failed.error ?? ""}`);
  }
  const rules = [...new Set(tables.flatMap((table) => table.rules))];
  if (!(await verifyRecovered(config, { ...options, rules })))
    return { kind: signal.aborted ? "stopped" : "different" };
  for (const table of tables) notes.clearGaps(table);
  await notes.save();
  return { kind: "recovered", tables: tables.map(tableName) };
}

async function readTables(config: SyncConfig) {
  await using queries = new SourceQueries(connectionOptions(mysqlOf(config)));
  const { lowerCaseTableNames } = await queries.run((connection) => describeServer(connection));
  const loaded = await loadRules(config.rules);
  const rules = new RuleSet(loaded, { caseSensitive: lowerCaseTableNames === 0 });
  return await readRuledTables(queries, rules);
}
