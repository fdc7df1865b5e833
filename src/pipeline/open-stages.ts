import { Capture } from "../capture/capture.ts";
import { ChangeReader } from "../capture/change-reader.ts";
import { LogPosition } from "../capture/log-position.ts";
import { TableRegistry } from "../capture/table-registry.ts";
import { decodeText } from "../binlog/values/text.ts";
import { checkFingerprint, configFingerprint } from "../config/fingerprint.ts";
import type { PipelineConfig } from "../config/config.ts";
import type { ChangeStream, GapEvent } from "../core/change-event.ts";
import type { Checkpoint, SourcePosition } from "../core/checkpoint.ts";
import type { Clock } from "../core/clock.ts";
import { TailraceError } from "../core/errors.ts";
import type { Logger } from "../core/logger.ts";
import type { Sink } from "../core/sink.ts";
import { Replica } from "../mysql/binlog-dump.ts";
import { describeTable } from "../mysql/table-lookup.ts";
import { translateReplicationError } from "../mysql/translate-error.ts";
import { createTableMatcher, expectedTables } from "../rules/table-pattern.ts";
import { readIndexEpoch } from "../sink/index-meta.ts";
import { openSink } from "../sink/sink.ts";
import { Checkpointer } from "./checkpointer.ts";
import { handleGap } from "./gaps.ts";
import type { PumpStages } from "./pump.ts";
import { createReadRows } from "./read-again.ts";
import { Router } from "./router.ts";
import type { RunOptions } from "./run-pipeline.ts";
import {
  connectionOptions,
  type DescribedSource,
  describeSource,
  SourceQueries,
} from "./source.ts";
import { type ResolvedStart, resolveStart, type SourceState, unexecuted } from "./start.ts";
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
export async function openStages(config: PipelineConfig, options: OpenOptions): Promise<Stages> {
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
  const progress = new Progress(tracker, checkpointer, options);
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
  const stream: ChangeStream = resources.use(openCapture(config, captureContext));
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
    router,
    sink,
    tracker,
    checkpointer,
    clock,
    onGap: (gap: GapEvent) => handleGap(gap, gapHandling),
    onIdle: () => progress.close(sink.closed),
    onFailure: (listener) => progress.onFailure(listener),
    closeCommits: () => progress.close(sink.closed),
    status: () => ({
      ...progress.status(),
      pipeline: config.name,
      actionsTaken: sink.taken,
      actionsClosed: sink.closed,
      transactionsPending: tracker.size,
      sink: sink.stats(),
      state: sink.stats().waitingFor === null ? "running" : "waiting",
    }),
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

/** Follows what the sink has closed: moves the checkpoint, knows lag and latency, passes the sink's failure on. */
class Progress {
  readonly #tracker: CommitTracker;
  readonly #checkpointer: Checkpointer;
  readonly #options: OpenOptions;
  readonly #failure = Promise.withResolvers<unknown>();
  #lastCommitMs: number | null = null;
  #latencyMs: number | null = null;

  constructor(tracker: CommitTracker, checkpointer: Checkpointer, options: OpenOptions) {
    this.#tracker = tracker;
    this.#checkpointer = checkpointer;
    this.#options = options;
  }

  close(closed: number): void {
    if (this.#tracker.size === 0) return;
    this.#tracker.close(closed, (acknowledged) => {
      this.#checkpointer.acknowledge(acknowledged);
      if (acknowledged.commitTimeUs > 0) {
        this.#lastCommitMs = acknowledged.commitTimeUs / 1_000;
        this.#latencyMs = Math.max(0, this.#options.clock.now() - this.#lastCommitMs);
      }
      this.#options.onAcknowledged?.(acknowledged);
    });
  }

  fail(error: unknown): void {
    this.#failure.resolve(error);
  }

  onFailure(listener: (error: unknown) => void): void {
    void this.#failure.promise.then(listener);
  }

  status(): Pick<
    PipelineStatus,
    "lagSeconds" | "latencyMs" | "file" | "position" | "gtidSet" | "gaps"
  > {
    const { file, position, gtidSet, gaps } = this.#checkpointer.current();
    const waiting = this.#tracker.size > 0 && this.#lastCommitMs !== null;
    const lagSeconds = waiting
      ? Math.max(0, this.#options.clock.now() - this.#lastCommitMs!) / 1_000
      : this.#lastCommitMs === null
        ? null
        : 0;
    return {
      file,
      position,
      gtidSet,
      gaps,
      lagSeconds,
      latencyMs: this.#latencyMs === null ? null : Math.round(this.#latencyMs * 10) / 10,
    };
  }
}

function initialCheckpoint(
  config: PipelineConfig,
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

interface CaptureContext extends OpenOptions {
  readonly source: DescribedSource;
  readonly start: ResolvedStart;
  readonly queries: SourceQueries;
  readonly replica: Replica;
  readonly checkpointer: Checkpointer;
}

function openCapture(config: PipelineConfig, context: CaptureContext): Capture {
  const { source, start, queries, replica, checkpointer, clock, logger, signal } = context;
  const { serverUuid, lowerCaseTableNames } = source.server;
  const names = { caseSensitive: lowerCaseTableNames === 0 };
  const matcher = createTableMatcher(config.rules, names);
  const isCaptured = (database: string, table: string): boolean =>
    matcher(database, table) !== null;
  const tables = new TableRegistry({
    isCaptured,
    flavor: source.server.flavor,
    types: { charsetOf: (collation) => charsetOf(source, collation), decodeText },
    describeTable: (database, table) =>
      queries.run((connection) => describeTable(connection, database, table)),
  });
  const position = new LogPosition(start.epoch);
  if (start.file !== "") position.rotate(start.file, start.position);
  const reader = new ChangeReader({
    tables,
    position,
    isCaptured,
    decodeCollation: (collation, bytes) => decodeText(charsetOf(source, collation), bytes),
    shareRule: (a, b) =>
      matcher(a.database, a.table)?.index === matcher(b.database, b.table)?.index,
    expectedTables: (database) => expectedTables(config.rules, database, names),
  });
  return new Capture({
    reader,
    connect: async (resumeAt) => {
      if (resumeAt !== null) await checkNotReset(queries, checkpointer.current(), resumeAt);
      const dump = await replica.dump(
        resumeAt === null
          ? start.dump
          : { kind: "position", file: resumeAt.file, position: resumeAt.position },
      );
      if (dump.serverUuid === serverUuid) return dump;
      await dump[Symbol.asyncDispose]();
      throw new TailraceError(
        "SOURCE_REPLACED",
        `The address now leads to server ${dump.serverUuid} instead of ${serverUuid}.`,
      );
    },
    translateError: translateReplicationError,
    clock,
    logger,
    signal,
  });
}

/** A position means something only in the log that it belongs to: after a reset or a restored backup the pipeline opens anew, which says what is lost. */
async function checkNotReset(
  queries: SourceQueries,
  checkpoint: Checkpoint,
  resumeAt: SourcePosition,
): Promise<void> {
  const { state } = await queries.run((connection) => describeSource(connection, resumeAt));
  const missing = unexecuted(checkpoint, state);
  if (missing === null && isSamePlace(resumeAt, state)) return;
  throw new TailraceError(
    "SOURCE_REPLACED",
    missing === null
      ? `The server's log at ${resumeAt.file}:${resumeAt.position} is not what was read.`
      : `The server does not know transactions that were read: ${missing.toString()}.`,
  );
}

/** MariaDB: is the transaction that was read last still the one that ends there? */
function isSamePlace({ gtid }: SourcePosition, { flavor, gtidAtPlace }: SourceState): boolean {
  if (flavor === "mysql") return true;
  if (gtidAtPlace === null) return false;
  return gtid === undefined || gtidAtPlace.toString().split(",").includes(gtid);
}

/** How long a server may take to count transactions as executed that we have read: longer than semi-synchronous replication waits by default. */
const EXECUTING_MS = 15_000;

/**
 * Describes the source when it has executed all that the checkpoint holds: a transaction is in the log, and read, before the server commits it, and a replica that took
 * over may still be applying it. Gives up waiting after a while; then the start says what is missing.
 */
async function describeReadySource(
  queries: SourceQueries,
  {
    checkpoint,
    config,
  }: { readonly checkpoint: Checkpoint | null; readonly config: PipelineConfig },
  { clock, signal, logger, from }: OpenOptions,
): Promise<DescribedSource> {
  const resumed = from === undefined ? checkpoint : null;
  const requested = from ?? config.source.start;
  const place = resumed ?? (requested?.kind === "position" ? requested : null);
  const deadline = clock.now() + EXECUTING_MS;
  for (let isFirst = true; ; isFirst = false) {
    const source = await queries.run((connection) => describeSource(connection, place));
    // MariaDB counts what its log holds, so what it lacks of its own will not come
    const mayExecute =
      source.server.flavor === "mysql" || resumed?.serverUuid !== source.server.serverUuid;
    const missing = resumed === null || !mayExecute ? null : unexecuted(resumed, source.state);
    if (missing === null || clock.now() >= deadline || signal.aborted) return source;
    if (isFirst)
      logger.info(
        { missing: missing.toString() },
        "waiting for the server to execute transactions that were read",
      );
    await clock.sleep(200, signal);
  }
}

function charsetOf({ collations }: DescribedSource, collation: number): string {
  const charset = collations.get(collation);
  if (charset === undefined)
    throw new TailraceError(
      "BINLOG_UNSUPPORTED",
      `The server has no collation with id ${collation}.`,
    );
  return charset;
}
