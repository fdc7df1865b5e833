import type { DirectConfig } from "../config/config.ts";
import type { GapEvent } from "../core/change-event.ts";
import { TailraceError } from "../core/errors.ts";
import type { Sink } from "../core/sink.ts";
import { readIndexEpoch } from "../sink/index-meta.ts";
import { openSink } from "../sink/sink.ts";
import { configFingerprint } from "../config/fingerprint.ts";
import { Boundary } from "./boundary.ts";
import { placeOfVersion } from "./capture/capture-gaps.ts";
import { Checkpointer } from "./checkpointer.ts";
import { decideStart } from "./decide-start.ts";
import { DocumentDestination } from "./document-destination.ts";
import { handleGap } from "./gaps.ts";
import { openCapture, openReplica } from "./open-capture.ts";
import { Progress } from "./progress.ts";
import { createReadRows } from "./read-again.ts";
import { readTables } from "./read-tables.ts";
import { Router } from "./router.ts";
import { createRowFailureHandler } from "./row-failures.ts";
import { loadRules, ownIndices, RuleSet } from "./rule-set.ts";
import { type RuleSwitchParts, switchRules } from "./rule-switch.ts";
import { connectionOptions, SourceQueries } from "./source.ts";
import type { OpenOptions, Stages } from "./stages.ts";
import { openStores } from "./stores.ts";
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
  const { source, start, cursor } = await decideStart(
    config,
    {
      checkpoints: stores.checkpoints,
      queries,
      readKnownEpoch: () => readIndexEpoch(stores.client, ownIndices(loaded)),
    },
    options,
  );
  const checkpointer = new Checkpointer({ store: stores.checkpoints, cursor, clock, logger });
  // also the test that the state can be written, and that nobody else writes it
  await checkpointer.save();

  const tracker = new CommitTracker();
  const progress = new Progress(tracker, cursor, {
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
  const names = { caseSensitive: source.server.lowerCaseTableNames === 0 };
  const rules = new RuleSet(loaded, names);
  const handling = {
    pipeline: config.name,
    deadLetters: stores.deadLetters,
    clock,
    logger,
  };
  const router = new Router({
    rules,
    sink,
    readRows: createReadRows(queries),
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
  const capture = openCapture(rules, captureContext);
  const stream = resources.use(capture.stream);
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
      capture.forgetCaptured();
      cursor.stamp(configFingerprint({ ...config, rules: configs }));
    },
  };
  const held = resources.move();
  return {
    stream,
    destination: new DocumentDestination({
      router,
      sink,
      marks: progress,
      boundary,
      onSchemaChange: ({ database, table }) => router.forgetTable(database, table),
    }),
    resume: checkpointer.resumePoint(() => progress.close(sink.closed)),
    clock,
    onGap: (gap: GapEvent) => {
      boundary.enter();
      return handleGap(gap, gapHandling);
    },
    reloadRules: async (configs) => {
      const answer = await switchRules(configs, switching);
      // so that a process that is killed behind the answer starts again; when it cannot be saved now, it is tried again every second
      await checkpointer.save().catch(() => undefined);
      return answer;
    },
    onPoison: (poison) => {
      throw new TailraceError(
        "INVARIANT_BROKEN",
        `The binary log has no records: ${poison.detail}`,
      );
    },
    onFailure: (listener) => progress.onFailure(listener),
    status: () => ({
      topology: "direct",
      ...progress.status(),
      pipeline: config.name,
      actionsTaken: sink.taken,
      actionsClosed: sink.closed,
      rows: router.unwritten,
      sink: sink.stats(),
      state: sink.stats().waitingFor === null && stream.isConnected ? "running" : "waiting",
    }),
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}
