import type { DirectConfig } from "../config/config.ts";
import type { GapEvent } from "../core/change-event.ts";
import { TailraceError } from "../core/errors.ts";
import type { Sink } from "../core/sink.ts";
import { readIndexEpoch } from "../sink/index-meta.ts";
import { openSink } from "../sink/sink.ts";
import { configFingerprint } from "../config/fingerprint.ts";
import { Boundary } from "./boundary.ts";
import { openCascades } from "./cascades/open-cascades.ts";
import { placeOfVersion } from "./capture/capture-gaps.ts";
import { Checkpointer, readPlace } from "./checkpointer.ts";
import { decideStart } from "./decide-start.ts";
import { DocumentDestination } from "./document-destination.ts";
import { handleGap } from "./gaps.ts";
import { openCapture, openReplica } from "./open-capture.ts";
import { ChunkQueue } from "./load/chunk-queue.ts";
import { loseWindows } from "./load/lose-windows.ts";
import { openDirectLoads, openRelaxedLoads, planLoads } from "./load/open-direct-loads.ts";
import { noteCreated } from "./load/note-created.ts";
import { ReadStream } from "./load/read-stream.ts";
import { Windows } from "./load/windows.ts";
import { Progress } from "./progress.ts";
import { createReadRows } from "./read-again.ts";
import { readTables } from "./read-tables.ts";
import { Router } from "./router.ts";
import { createRowFailureHandler } from "./row-failures.ts";
import { loadRules, ownIndices, RuleSet } from "./rule-set.ts";
import { type RuleSwitchParts, switchRules } from "./rule-switch.ts";
import { connectionOptions, SourceQueries } from "./source.ts";
import type { OpenOptions, Stages } from "./stages.ts";
import { noteIncident } from "./recover/note-incident.ts";
import { openStores } from "./stores.ts";
import { startContinuousVerify } from "./verify/start-continuous.ts";
import { CommitTracker } from "./tracker.ts";

/**
 * Opens everything that a pipeline from MySQL into documents needs, in the order in which it can fail: state, source, start position, sink, capture.
 * Throws a TailraceError, having closed what was open.
 */
export async function openDirect(config: DirectConfig, options: OpenOptions): Promise<Stages> {
  await using resources = new AsyncDisposableStack();
  const { logger, clock } = options;
  const stores = resources.use(await openStores(config));
  const queries = resources.use(new SourceQueries(connectionOptions(config.source)));
  const loaded = await loadRules(config.rules);
  const { source, start, cursor, beginning } = await decideStart(
    config,
    {
      checkpoints: stores.checkpoints,
      queries,
      readKnownEpoch: () => readIndexEpoch(stores.client, ownIndices(loaded)),
      defaultStart: config.load.mode === "initial" ? { kind: "latest" } : undefined,
    },
    options,
  );
  const names = { caseSensitive: source.server.lowerCaseTableNames === 0 };
  const rules = new RuleSet(loaded, names);
  await planLoads(cursor, { mode: config.load.mode, beginning, rules, queries });
  const { client } = stores;
  const relaxed = await openRelaxedLoads(config, { client, rules, cursor, resources, ...options });
  const checkpointer = new Checkpointer({ store: stores.checkpoints, cursor, clock, logger });
  // also the test that the state can be written, and that nobody else writes it
  await checkpointer.save();

  const tracker = new CommitTracker();
  const progress = new Progress(tracker, cursor, {
    ...options,
    isConnected: () => capture.stream.isConnected,
  });
  const windows = new Windows();
  const queue = new ChunkQueue({
    epoch: start.epoch,
    onOffer: () => stream.wake(),
    close: (window) => windows.close(window),
    closed: () => sink.closed,
  });
  const close = (): void => {
    progress.close(sink.closed);
    queue.acknowledge(sink.closed);
  };
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
      { onClosed: close, onFatal: (error) => progress.fail(error) },
    ),
  );
  const handling = {
    pipeline: config.name,
    deadLetters: stores.deadLetters,
    clock,
    logger,
  };
  const readRows = createReadRows(queries);
  const router = new Router({
    rules,
    sink,
    windows,
    readRows,
    onKeyChange: ({ database, table }, detail) => {
      const { file, position } = cursor.current();
      const versions = { versionHigh: 0, versionLow: 0 };
      const code = "SCHEMA_KEY_CHANGED";
      return handleGap(
        { kind: "gap", code, database, table, detail, position: { file, position }, ...versions },
        gapHandling,
      );
    },
    onRowFailed: createRowFailureHandler({
      ...handling,
      onReject: config.sink.onReject,
      placeOf: (row) => placeOfVersion(row, source.state.current),
    }),
  });
  const replica = resources.use(openReplica(config.source, clock));
  const captureContext = { source, start, queries, replica, cursor, ...options };
  const foreignKeys = { source, queries, rules, names, sink: config.sink };
  const cascades = resources.use(await openCascades(foreignKeys, options));
  const capture = openCapture(cascades.captured(rules), captureContext);
  const stream = resources.use(
    new ReadStream({
      stream: capture.stream,
      reads: queue,
      onEvent: (event) => {
        loseWindows(event, windows);
        if (event.kind === "schema" && config.load.mode === "initial")
          noteCreated(event, cursor, rules);
      },
      onClose: () => loads.halt(),
    }),
  );
  const { serverUuid } = source.server;
  const parts = { cursor, windows, queue, rules, names, queries, relaxed, resources };
  const loads = openDirectLoads(config, { ...parts, serverUuid, ...options });
  const gapHandling = { ...handling, router, sink, notes: cursor };
  const boundary = new Boundary();
  const switching: RuleSwitchParts = {
    rules,
    router,
    sink,
    readTables: async (tables) =>
      (await queries.run((connection) => readTables(connection, tables, names))).map(
        ({ schema }) => schema,
      ),
    atBoundary: (switchOver) => boundary.at(switchOver),
    onSwitched: (configs) => {
      windows.lose(new TailraceError("SNAPSHOT_OVERTAKEN", "other rules are in force"), () => true);
      capture.forgetCaptured();
      cursor.stamp(configFingerprint({ ...config, rules: configs }));
    },
  };
  const resume = checkpointer.resumePoint(close);
  for (const request of options.loads ?? []) await loads.start(request);
  loads.begin();
  const verifying = resources.use(
    startContinuousVerify(config, {
      rules,
      loads: () => loads.status(),
      applied: { read: () => Promise.resolve(readPlace(cursor)) },
      clock,
      logger,
    }),
  );
  const documents = new DocumentDestination({
    router,
    sink,
    marks: progress,
    boundary,
    onSchemaChange: ({ database, table }) => router.forgetTable(database, table),
  });
  const held = resources.move();
  return {
    stream,
    destination: cascades.over(documents, { sink, router, readRows, windows }),
    resume: {
      ...resume,
      save: async () => {
        close();
        // chunks that are closed now count
        await loads[Symbol.asyncDispose]();
        await resume.save();
      },
    },
    loads,
    clock,
    onGap: (gap: GapEvent) => {
      boundary.enter();
      return handleGap(gap, gapHandling);
    },
    reloadRules: async (configs) => {
      const switched = await switchRules(configs, switching);
      const changes = await loads.follow(switched.changes);
      // so that a process that is killed behind the answer starts again; when it cannot be saved now, it is tried again every second
      await checkpointer.save().catch(() => undefined);
      return { ...switched, changes, needsReload: changes.some((each) => each.needsReload) };
    },
    onPoison: (poison) => {
      throw new TailraceError(
        "INVARIANT_BROKEN",
        `The binary log has no records: ${poison.detail}`,
      );
    },
    noteFailure: (error) => noteIncident(error, cursor),
    onFailure: (listener) => progress.onFailure(listener),
    status: () => ({
      topology: "direct",
      ...progress.status(),
      pipeline: config.name,
      actionsTaken: sink.taken,
      actionsClosed: sink.closed,
      rows: router.unwritten,
      sink: sink.stats(),
      loads: loads.status(),
      verify: verifying?.status(),
      state: sink.stats().waitingFor === null && capture.stream.isConnected ? "running" : "waiting",
    }),
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}
