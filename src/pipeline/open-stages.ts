import { checkFingerprint, configFingerprint } from "../config/fingerprint.ts";
import type { DirectConfig } from "../config/config.ts";
import type { GapEvent } from "../core/change-event.ts";
import type { Checkpoint } from "../core/checkpoint.ts";
import type { Clock } from "../core/clock.ts";
import { TailraceError } from "../core/errors.ts";
import type { Logger } from "../core/logger.ts";
import type { Sink } from "../core/sink.ts";
import { Replica } from "../mysql/binlog-dump.ts";
import { createTableMatcher } from "../rules/table-pattern.ts";
import { readIndexEpoch } from "../sink/index-meta.ts";
import { openSink } from "../sink/sink.ts";
import { Checkpointer } from "./checkpointer.ts";
import { DocumentDestination } from "./document-destination.ts";
import { handleGap } from "./gaps.ts";
import { openCapture } from "./open-capture.ts";
import { Progress } from "./progress.ts";
import type { PumpStages } from "./pump.ts";
import { createReadRows } from "./read-again.ts";
import { describeReadySource } from "./ready-source.ts";
import { Router } from "./router.ts";
import type { RunOptions } from "./run-options.ts";
import { connectionOptions, type DescribedSource, SourceQueries } from "./source.ts";
import { type ResolvedStart, resolveStart } from "./start.ts";
import type { PipelineStatus } from "./status.ts";
import { openStores } from "./stores.ts";
import { CommitTracker } from "./tracker.ts";

/** How often a moving checkpoint is saved, ms. */
const CHECKPOINT_INTERVAL_MS = 1_000;

/** A pipeline's stages, open and connected to one another. Closing them closes everything they hold. */
export interface Stages extends PumpStages, AsyncDisposable {
  readonly checkpointer: Checkpointer;
  readonly clock: Clock;
  /** Called when the sink cannot go on. */
  onFailure(listener: (error: unknown) => void): void;
  /** Moves the checkpoint over what the sink has closed. */
  closeCommits(): void;
  status(): PipelineStatus;
}

type OpenOptions = RunOptions & { readonly clock: Clock };

/**
 * Opens everything a run needs, in the order in which it can fail: state, source, start position, sink, capture. The one place that knows all stages.
 * Throws a TailraceError, having closed what was open.
 */
export async function openStages(config: DirectConfig, options: OpenOptions): Promise<Stages> {
  await using resources = new AsyncDisposableStack();
  const { logger, clock } = options;
  const stores = resources.use(await openStores(config));
  const queries = resources.use(new SourceQueries(connectionOptions(config.source)));
  const checkpoint = await stores.checkpoints.load();
  const areChangesWanted = options.acceptChanges === true || options.from !== undefined;
  if (checkpoint !== null && !areChangesWanted) checkFingerprint(checkpoint, config);
  const source = await describeReadySource(queries, { checkpoint, config }, options);
  const indices = config.rules.filter((rule) => rule.createIndex).map((rule) => rule.index);
  const start = resolveStart({
    checkpoint,
    requested: options.from ?? null,
    configured: config.source.start ?? null,
    source: source.state,
    gtid: config.source.gtid,
    knownEpoch: checkpoint === null ? await readIndexEpoch(stores.client, indices) : null,
  });
  logStart(start, source, logger);
  const initial = initialCheckpoint(
    config,
    source,
    start,
    options.from === undefined ? checkpoint : null,
  );
  const checkpointer = new Checkpointer({
    store: stores.checkpoints,
    initial,
    gtidSet: start.gtidSet,
    intervalMs: CHECKPOINT_INTERVAL_MS,
    clock,
    logger,
  });
  // also the test that the state can be written, and that nobody else writes it
  await checkpointer.save();

  const tracker = new CommitTracker();
  const progress = new Progress(tracker, checkpointer, {
    ...options,
    isConnected: () => stream.isConnected,
  });
  const sink: Sink = resources.use(
    await openSink(
      {
        ...config.sink,
        pipeline: config.name,
        deadLetters: stores.deadLetters,
        indexMeta: {
          pipeline: config.name,
          epoch: start.epoch,
          server_uuid: source.server.serverUuid,
        },
        clock,
        logger,
      },
      { onClosed: () => progress.close(sink.closed), onFatal: (error) => progress.fail(error) },
    ),
  );
  const ruleOf = createTableMatcher(config.rules, {
    caseSensitive: source.server.lowerCaseTableNames === 0,
  });
  const router = new Router({
    ruleOf,
    sink,
    readRows: createReadRows(queries),
    onKeyChange: ({ database, table }, detail) => {
      const { file, position } = checkpointer.current();
      const versions = { versionHigh: 0, versionLow: 0 };
      const code = "SCHEMA_KEY_CHANGED";
      return handleGap(
        { kind: "gap", code, database, table, detail, position: { file, position }, ...versions },
        gapHandling,
      );
    },
  });
  const { heartbeatIntervalMs: heartbeatMs, serverId } = config.source;
  const connection = connectionOptions(config.source);
  const replica = resources.use(new Replica({ connection, serverId, heartbeatMs, clock }));
  const captureContext = { source, start, queries, replica, checkpointer, ...options };
  const stream = resources.use(openCapture(config, captureContext));
  const gapHandling = {
    pipeline: config.name,
    router,
    sink,
    checkpointer,
    deadLetters: stores.deadLetters,
    clock,
    logger,
  };
  const held = resources.move();
  return {
    stream,
    destination: new DocumentDestination({ router, sink, marks: progress }),
    checkpointer,
    clock,
    onGap: (gap: GapEvent) => handleGap(gap, gapHandling),
    onPoison: (poison) => {
      throw new TailraceError(
        "INVARIANT_BROKEN",
        `The binary log has no records: ${poison.detail}`,
      );
    },
    onFailure: (listener) => progress.onFailure(listener),
    closeCommits: () => progress.close(sink.closed),
    status: () => ({
      ...progress.status(),
      pipeline: config.name,
      actionsTaken: sink.taken,
      actionsClosed: sink.closed,
      transactionsPending: tracker.size,
      sink: sink.stats(),
      state: sink.stats().waitingFor === null && stream.isConnected ? "running" : "waiting",
    }),
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

function initialCheckpoint(
  config: DirectConfig,
  { server }: DescribedSource,
  start: ResolvedStart,
  previous: Checkpoint | null,
): Checkpoint {
  return {
    format: 1,
    pipeline: config.name,
    flavor: server.flavor,
    serverUuid: server.serverUuid,
    epoch: start.epoch,
    file: start.file,
    position: start.position,
    readTo: start.readTo,
    gtidSet: start.gtidSet?.toString(),
    fingerprint: configFingerprint(config),
    gaps: previous?.gaps ?? [],
    savedAt: "",
  };
}

function logStart(start: ResolvedStart, { server }: DescribedSource, logger: Logger): void {
  const { reason, file, position, epoch } = start;
  const by = start.dump.kind === "gtid" ? "GTID" : "position";
  logger.info(
    { server: server.version, serverUuid: server.serverUuid, reason, by, file, position, epoch },
    "reading the binary log",
  );
}
