import type { DirectConfig } from "../../config/config.ts";
import type { Clock } from "../../core/clock.ts";
import { TailraceError } from "../../core/errors.ts";
import type { TableLoad } from "../../core/load.ts";
import type { Logger } from "../../core/logger.ts";
import { tableName } from "../../core/schema.ts";
import { describeServer } from "../../mysql/server.ts";
import { openJsonClient } from "../../sink/client.ts";
import { readIndexEpoch } from "../../sink/index-meta.ts";
import type { LoadProgress } from "../../snapshot/load-progress.ts";
import { DrivenPipeline } from "../driven-pipeline.ts";
import { peekCheckpoint } from "../load/load-epoch.ts";
import { readRuledTables } from "../load/ruled-tables.ts";
import { loadRules, ownIndices, RuleSet } from "../rule-set.ts";
import { connectionOptions, SourceQueries } from "../source.ts";
import { openStores } from "../stores.ts";
import { diagnose, type Diagnosis, isWhole } from "./diagnose.ts";
import { verifyRecovered } from "./verify-recovered.ts";
import { planRecovery, type Recovery, withoutUnverified } from "./plan-recovery.ts";

/** How a pipeline is recovered. */
export interface RecoverOptions {
  readonly signal: AbortSignal;
  readonly logger: Logger;
  readonly clock: Clock;
  /** Told what is missing before anything is changed; false = leave it so. */
  readonly confirm: (found: Diagnosis) => Promise<boolean>;
  readonly onProgress?: ((loads: readonly LoadProgress[]) => void) | undefined;
}

/** How a recovery ended. */
export type RecoverOutcome =
  /** There was nothing to recover. */
  | { readonly kind: "whole" }
  | { readonly kind: "declined" }
  /** Rows equal documents again in these tables. */
  | { readonly kind: "recovered"; readonly tables: readonly string[] }
  /** The signal came first: it goes on when it is started again. */
  | { readonly kind: "stopped" }
  /** Documents still differ. */
  | { readonly kind: "different" };

/**
 * Brings documents into agreement with their rows after changes were lost: begins at the log's end where it must, loads what may differ, removes documents whose rows have gone, and forgets the
 * gaps. The pipeline must not be running. Throws STATE_FOREIGN when it does, STATE_*, SOURCE_*, BULK_*, and CONFIG_START_MISSING when it has never run.
 */
export async function recover(
  config: DirectConfig,
  options: RecoverOptions,
): Promise<RecoverOutcome> {
  const recovery = await begin(config, options);
  if (recovery === "whole" || recovery === "declined") return { kind: recovery };
  const { signal, clock, logger, onProgress } = options;
  await using client = openJsonClient(config.sink);
  const { admin: _admin, ...rest } = config;
  const running = new DrivenPipeline(rest, { client, clock, logger });
  try {
    for (;;) {
      if (signal.aborted) return { kind: "stopped" };
      const loads = running.loads.filter((load) => isMeant(load, recovery));
      onProgress?.(loads);
      if (running.status() !== null && loads.every((load) => isEnded(load))) break;
      await clock.sleep(LOOK_MS, signal);
    }
    const rules = [...new Set(recovery.tables.flatMap((table) => table.rules))];
    const isEqual = await verifyRecovered(config, { ...options, rules, applied: running });
    if (signal.aborted) return { kind: "stopped" };
    await running.stop();
    if (!isEqual) return { kind: "different" };
  } finally {
    await running[Symbol.asyncDispose]();
  }
  await forgetGaps(config, recovery);
  return {
    kind: "recovered",
    tables: recovery.tables.map(tableName),
  };
}

/** How often it is looked how far loads are, ms. */
const LOOK_MS = 200;

async function begin(
  config: DirectConfig,
  options: RecoverOptions,
): Promise<Recovery | "whole" | "declined"> {
  // from here on nobody else runs it
  await using stores = await openStores(config);
  await using queries = new SourceQueries(connectionOptions(config.source));
  const checkpoint = await stores.checkpoints.load();
  if (checkpoint === null)
    throw new TailraceError(
      "CONFIG_START_MISSING",
      `${config.name} has no checkpoint: it has never run, and nothing was lost`,
    );
  const diagnosis = await diagnose(config, checkpoint, { ...options, queries });
  if (isWhole(diagnosis)) return "whole";
  if (!(await options.confirm(diagnosis))) return "declined";
  const loaded = await loadRules(config.rules);
  const server = await queries.run((connection) => describeServer(connection));
  const rules = new RuleSet(loaded, { caseSensitive: server.lowerCaseTableNames === 0 });
  const recovery = planRecovery({
    config,
    diagnosis,
    tables: await readRuledTables(queries, rules),
    knownEpoch: await readIndexEpoch(stores.client, ownIndices(loaded)),
  });
  await stores.checkpoints.save(recovery.checkpoint);
  return recovery;
}

async function forgetGaps(config: DirectConfig, { tables }: Recovery): Promise<void> {
  await using stores = await openStores(config);
  const checkpoint = await stores.checkpoints.load();
  if (checkpoint !== null) await stores.checkpoints.save(withoutUnverified(checkpoint, tables));
}

function isMeant(load: TableLoad, { tables }: Recovery): boolean {
  return tables.some(({ database, table }) => load.database === database && load.table === table);
}

/** Throws what made a load fail. */
function isEnded({ state, database, table, error }: TableLoad): boolean {
  if (state === "failed" || state === "cancelled")
    throw new TailraceError(
      "SNAPSHOT_NOTHING",
      `${tableName({ database, table })} could not be loaded: ${error ?? state}`,
    );
  return state === "done";
}

/** What a checkpoint misses, without changing anything and whoever runs the pipeline; null when there is none. Throws STATE_*, SOURCE_*, BULK_*. */
export async function lookForLosses(
  config: DirectConfig,
  options: Pick<RecoverOptions, "clock" | "logger" | "signal">,
): Promise<Diagnosis | null> {
  await using client = openJsonClient(config.sink);
  await using queries = new SourceQueries(connectionOptions(config.source));
  const checkpoint = await peekCheckpoint(config, client);
  return checkpoint && (await diagnose(config, checkpoint, { ...options, queries }));
}
