import type { DirectConfig } from "../../config/config.ts";
import type { JsonClient } from "../../core/json-client.ts";
import type { CheckpointCursor } from "../checkpoint-cursor.ts";
import type { DecidedStart } from "../decide-start.ts";
import type { RuleSet } from "../rule-set.ts";
import { connectionOptions, type SourceQueries } from "../source.ts";
import type { OpenOptions } from "../stages.ts";
import { CheckpointJournal } from "./checkpoint-journal.ts";
import type { ChunkQueue } from "./chunk-queue.ts";
import { DirectLoads } from "./direct-loads.ts";
import { planInitialLoads } from "./initial-loads.ts";
import { createReaderOpener } from "./reader-opener.ts";
import { createReplicaLagGate } from "./replica-lag.ts";
import { RelaxedLoads } from "./relaxed-loads.ts";
import { readRuledTables } from "./ruled-tables.ts";
import type { Windows } from "./windows.ts";

/** Puts the loads that a run begins with into its checkpoint, before that is first saved. Throws SOURCE_*. */
export async function planLoads(
  cursor: CheckpointCursor,
  {
    mode,
    beginning,
    rules,
    queries,
  }: Pick<DecidedStart, "beginning"> & {
    readonly mode: "initial" | "never";
    readonly rules: RuleSet;
    readonly queries: SourceQueries;
  },
): Promise<void> {
  const tables = mode === "never" ? [] : await readRuledTables(queries, rules);
  const loads = planInitialLoads({ mode, start: beginning, known: cursor.loads, tables });
  if (loads !== undefined) cursor.setLoads(loads);
}

/** Opens what relaxes the indices of loads, before any of them is created; until the end of the resources. */
export async function openRelaxedLoads(
  config: DirectConfig,
  {
    client,
    rules,
    cursor,
    resources,
    clock,
    logger,
  }: Pick<DirectLoadsContext, "rules" | "cursor" | "resources" | "clock" | "logger"> & {
    readonly client: JsonClient;
  },
): Promise<RelaxedLoads> {
  const isWanted = config.load.relaxIndex;
  const relaxed = new RelaxedLoads({ client, rules, isWanted, clock, logger });
  await relaxed.begin(cursor.loads ?? []);
  const ending = new AbortController();
  const restoring = relaxed.restoreOthers(ending.signal);
  resources.defer(async () => {
    ending.abort();
    await relaxed.endAll();
    await restoring;
  });
  return relaxed;
}

/** What loads share with the pipeline that they run in. */
export interface DirectLoadsContext extends OpenOptions {
  readonly cursor: CheckpointCursor;
  readonly windows: Windows;
  readonly queue: ChunkQueue;
  readonly rules: RuleSet;
  readonly names: { readonly caseSensitive: boolean };
  readonly queries: SourceQueries;
  readonly relaxed: RelaxedLoads;
  /** The server whose log is read. */
  readonly serverUuid: string;
  /** What lives as long as the pipeline. */
  readonly resources: AsyncDisposableStack;
}

/** The loads of a direct pipeline, as configured; none has begun. */
export function openDirectLoads(config: DirectConfig, context: DirectLoadsContext): DirectLoads {
  const { cursor, windows, queue, rules, names, queries, resources } = context;
  const { relaxed, serverUuid, clock, logger, signal } = context;
  const { mode, connections, chunkBytes, maxRowsPerSecond, pauseWhileLagging } = config.load;
  const gate =
    pauseWhileLagging &&
    resources.use(
      createReplicaLagGate({
        connection: connectionOptions(pauseWhileLagging.replica),
        maxLagMs: pauseWhileLagging.maxLagMs,
        clock,
        logger,
      }),
    );
  return resources.use(
    new DirectLoads({
      openReader: createReaderOpener(config, serverUuid),
      journal: new CheckpointJournal(cursor),
      windows,
      queue,
      mode,
      readTables: () => readRuledTables(queries, rules),
      names,
      connections,
      chunkBytes,
      maxRowsPerSecond,
      mayRead: gate && ((aborted) => gate.mayRead(aborted)),
      onChunkWritten: () => {
        relaxed.onWritten();
        return Promise.resolve();
      },
      onLoadEnded: (load) => relaxed.end(load),
      clock,
      logger,
      signal,
    }),
  );
}
