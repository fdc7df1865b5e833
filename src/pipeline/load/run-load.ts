import type { CaptureConfig, DirectConfig, SyncConfig } from "../../config/config.ts";
import type { Clock } from "../../core/clock.ts";
import { TailraceError } from "../../core/errors.ts";
import type { ChunkReader, TableLoad } from "../../core/load.ts";
import type { Logger } from "../../core/logger.ts";
import { tableName } from "../../core/schema.ts";
import type { LoadProgress } from "../../snapshot/load-progress.ts";
import { type DocumentWriter, openDocumentWriter, refuseUnversioned } from "./document-writer.ts";
import { type LoadBeside, openLoadBeside } from "./load-beside.ts";
import { type JobRequest, openJob, type OpenJob, openJobStore } from "./load-job.ts";
import { checkKeys, type LoadedKeys, loadKeys } from "./load-keys.ts";
import { createReaderOpener } from "./reader-opener.ts";
import { checkWhere, readRuledTables, requestedLoads } from "./ruled-tables.ts";
import { claimStream } from "./stream-claim.ts";
import type { WritingStats } from "./writing-sink.ts";

/** How a load is run. */
export interface RunLoadOptions {
  /** The half that publishes what a sync reads, where the configuration has it. */
  readonly capture?: CaptureConfig | undefined;
  /** Begin from the first row although an earlier load was not finished. */
  readonly isAnew: boolean;
  /** Called once loading has begun. */
  readonly onBegun?: ((view: LoadView) => void) | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Aborts to stop: what is being written ends, and the load can be gone on with. */
  readonly signal: AbortSignal;
}

/** The means to look at a load that runs. */
export interface LoadView {
  readonly isResumed: boolean;
  readonly loads: () => readonly LoadProgress[];
  readonly stats: () => WritingStats;
}

/** What a load has come to. */
export interface LoadOutcome {
  readonly isFinished: boolean;
  /** When the job was asked for first, ms since 1970. */
  readonly begunMs: number;
  /** Nothing has streamed these documents yet. */
  readonly isFirst: boolean;
  readonly seconds: number;
  readonly loads: readonly TableLoad[];
  /** Of a load by keys. */
  readonly keys?: LoadedKeys | undefined;
  readonly stats: WritingStats;
}

/**
 * Loads rows into documents beside whatever streams them, by versions alone; resolves when they are loaded or the signal has aborted. Throws what `openDocumentWriter` throws, SNAPSHOT_*, STATE_FOREIGN
 * while another process loads for the pipeline, CONFIG_INVALID for what does not go together.
 */
export async function runLoad(
  config: DirectConfig | SyncConfig,
  request: JobRequest,
  options: RunLoadOptions,
): Promise<LoadOutcome> {
  const { capture, clock, logger, signal } = options;
  await using resources = new AsyncDisposableStack();
  const beganMs = clock.now();
  const writer = resources.use(await openDocumentWriter(config, { clock, logger, capture }));
  const loads = requestedLoads(
    request,
    await readRuledTables(writer.queries, writer.rules),
    writer.names,
  );
  if (loads.length > 1) refuseSeveral(request, loads);
  const openReader = createReaderOpener(config);
  await checkWhere(request, loads, openReader);
  // what is refused must not take the place of a load that was not finished
  if (request.keys) await checkKeys({ load: loads[0]!, keys: request.keys, openReader });
  const store = resources.use(await openJobStore(config, { client: writer.client, clock, signal }));
  const nothingStreams = await claimUnversioned(config, { writer, loads, clock, resources });
  const job = await openJob(store, {
    pipeline: config.name,
    request,
    rules: config.rules.filter(({ name }) => loads.some(({ rules }) => rules.includes(name))),
    loads: request.keys === undefined ? loads : [],
    isAnew: options.isAnew,
    nowMs: beganMs,
    clock,
    logger,
  });
  const { epoch, from } = writer.epoch;
  logger.info({ epoch, epoch_from: from, resumed: job.isResumed }, "loading by versions");
  const parts = { ...options, config, writer, openReader, nothingStreams, job };
  const done = request.keys ? await byKeys(loads[0]!, request.keys, parts) : await byTables(parts);
  return {
    ...done,
    begunMs: job.begunMs,
    isFirst: from === "indices",
    seconds: (clock.now() - beganMs) / 1_000,
    stats: writer.stats(),
  };
}

interface LoadParts extends RunLoadOptions {
  readonly config: DirectConfig | SyncConfig;
  readonly writer: DocumentWriter;
  readonly openReader: () => Promise<ChunkReader>;
  readonly nothingStreams: boolean;
  readonly job: OpenJob;
}

type Done = Pick<LoadOutcome, "isFinished" | "loads" | "keys">;

function openBeside(parts: LoadParts): LoadBeside {
  const { config, job } = parts;
  const { load, drainTimeoutMs } = config;
  return openLoadBeside({ ...parts, load, drainTimeoutMs, journal: job.journal });
}

async function byTables(parts: LoadParts): Promise<Done> {
  const { writer, job } = parts;
  {
    await using beside = openBeside(parts);
    await beside.start([]);
    const { runner } = beside;
    parts.onBegun?.({
      isResumed: job.isResumed,
      loads: () => runner.status(),
      stats: () => writer.stats(),
    });
    await runner.idle();
  }
  const { loads } = job.journal;
  return { loads, isFinished: loads.every(({ state }) => state === "done") };
}

async function byKeys(
  load: TableLoad,
  keys: readonly (readonly string[])[],
  parts: LoadParts,
): Promise<Done> {
  const { writer, openReader, job, clock, logger, signal } = parts;
  const { journal } = job;
  await using beside = openBeside(parts);
  const loads = (): readonly LoadProgress[] => [
    {
      ...load,
      state: "running",
      rows: journal.keysDone,
      estimatedRows: keys.length,
      rowsPerSecond: 0,
      secondsLeft: null,
      waitsFor: null,
    },
  ];
  parts.onBegun?.({ isResumed: job.isResumed, loads, stats: () => writer.stats() });
  const counts = await loadKeys({
    load,
    keys,
    from: journal.keysDone,
    openReader,
    writer,
    destination: beside.destination,
    onDone: (done) => journal.putKeysDone(done),
    clock,
    logger,
    signal,
  });
  const isFinished = journal.keysDone >= keys.length;
  const rows = journal.keysDone;
  return {
    keys: counts,
    isFinished,
    loads: [{ ...load, rows, state: isFinished ? "done" : "running" }],
  };
}

function refuseSeveral({ where, keys }: JobRequest, loads: readonly TableLoad[]): void {
  if (where === undefined && keys === undefined) return;
  const what = where === undefined ? "keys are" : "a condition is";
  throw new TailraceError(
    "CONFIG_INVALID",
    `${what} of one table, and ${loads.map(tableName).join(", ")} are meant: choose with --table`,
  );
}

/** Where documents have no versions it must be certain that nothing streams them until the load has ended. */
async function claimUnversioned(
  config: DirectConfig | SyncConfig,
  {
    writer: { rules },
    loads,
    clock,
    resources,
  }: {
    readonly writer: DocumentWriter;
    readonly loads: readonly TableLoad[];
    readonly clock: Clock;
    readonly resources: AsyncDisposableStack;
  },
): Promise<boolean> {
  try {
    for (const load of loads) refuseUnversioned(rules, load.rules);
    return false;
  } catch (error) {
    if (config.topology !== "direct") throw error;
    resources.use(await claimStream(config, clock));
    return true;
  }
}
