import type { SyncConfig } from "../../config/config.ts";
import { openCluster } from "../../kafka/cluster.ts";
import { openConsumer } from "../../kafka/consumer.ts";
import { openJsonClient } from "../../sink/client.ts";
import { openSink } from "../../sink/sink.ts";
import { openSyncStateIndex } from "../../state/sync-state-elasticsearch.ts";
import { createRecordDecoder, type RecordDecoder } from "../../transport/record-decoder.ts";
import { openSyncLoads } from "../load/open-sync-loads.ts";
import { Assignments } from "./assignments.ts";
import { beginTopics } from "./begin-topics.ts";
import { createCapturedTables } from "./captured-tables.ts";
import { DocumentDestination } from "../document-destination.ts";
import { OffsetCommitter } from "./offset-committer.ts";
import { resolveOffsets } from "./offset-start.ts";
import { OffsetTracker } from "./offset-tracker.ts";
import { createPoisonHandler } from "./poison.ts";
import { configFingerprint } from "../../config/fingerprint.ts";
import type { TopicPartition } from "../../core/kafka.ts";
import type { RecordView } from "../../core/record.ts";
import { Boundary } from "../boundary.ts";
import { createRowFailureHandler } from "../row-failures.ts";
import { idColumnsOf, loadRules, RuleSet } from "../rule-set.ts";
import { type RuleSwitchParts, switchRules } from "../rule-switch.ts";
import { RecordStream } from "./record-stream.ts";
import { Router } from "../router.ts";
import type { OpenOptions, Stages } from "../stages.ts";
import { startContinuousVerify } from "../verify/start-continuous.ts";
import { openDeadLetters } from "../stores.ts";
import { createSyncGapHandler } from "./sync-gaps.ts";
import { SyncNotes } from "./sync-notes.ts";
import { SyncProgress } from "./sync-progress.ts";
import { openSyncSource, rememberCase } from "./sync-source.ts";
import { createToldEnough } from "./told-enough.ts";
import { TopicWatch } from "./topic-watch.ts";

/**
 * Opens everything that a pipeline from records into documents needs, in the order in which it can fail: stores, topics, sink, membership of the consumer group. Throws a
 * TailraceError, having closed what was open.
 *
 * Closing ends the sink before the membership: once the group knows that we have gone, nothing of our partitions may be on its way.
 */
export async function openSync(config: SyncConfig, options: OpenOptions): Promise<Stages> {
  await using resources = new AsyncDisposableStack();
  const { logger, clock } = options;
  const { source, name: pipeline } = config;
  const loaded = await loadRules(config.rules);
  const client = resources.use(openJsonClient(config.sink));
  const deadLetters = resources.use(openDeadLetters(config.deadLetters, { pipeline, client }));
  const cluster = resources.use(await openCluster(source.connection));
  const store = openSyncStateIndex({ client, index: config.state.index, pipeline });
  const ending = new AbortController();
  const loads = await openSyncLoads(config, { store, client, ...options });
  // rows are there before the first record is: where nothing changes there is no topic yet
  const loading = loads.run(ending.signal);
  resources.defer(async () => {
    ending.abort();
    await loading;
  });
  const { found, state, epoch } = await beginTopics(config, { cluster, store, client }, options);

  const failure = Promise.withResolvers<unknown>();
  const fail = (error: unknown): void => {
    failure.resolve(error);
    ending.abort();
  };
  const patience = { clock, logger, signal: ending.signal };
  const notes = new SyncNotes(store, state, clock);
  const topics = new TopicWatch({
    cluster,
    store,
    state,
    found,
    wanted: source.topics,
    onAppeared: (names) => consumer.subscribe(names),
    clock,
    logger,
  });
  const origin = resources.use(openSyncSource(source, { ...patience, onGap: (gap) => onGap(gap) }));
  const names = { caseSensitive: await rememberCase(origin, store, state) };
  const rules = new RuleSet(loaded, names);
  const tables = createCapturedTables(rules);

  const tracker = new OffsetTracker();
  const close = (): void => progress.close(sink.closed);
  const progress = new SyncProgress({
    tracker,
    clock,
    onClosed: () => assignments.closed(),
    onAcknowledged: options.onAcknowledged,
  });
  const sink = resources.use(
    await openSink(
      {
        ...config.sink,
        pipeline,
        deadLetters,
        indexMeta: { pipeline, epoch },
        clock,
        logger,
      },
      { onClosed: close, onFatal: fail },
    ),
  );
  const assignments = new Assignments({
    tracker,
    sink,
    resolve: (partitions, committed) => {
      topics.noteAssigned(partitions);
      const { group, start } = source;
      return resolveOffsets(partitions, committed, {
        cluster,
        group,
        start,
        topics: topics.topics,
      });
    },
    commit: (partitions) => committer.commit(partitions),
    onFailure: fail,
    revokeTimeoutMs: source.revokeTimeoutMs,
    clock,
    logger,
  });
  const { connection, ...membership } = source;
  const consumer = resources.use(
    await openConsumer(
      { ...connection, ...membership, topics: [...found.keys()], clock, logger },
      assignments,
    ),
  );
  const committer = new OffsetCommitter({
    consumer,
    tracker,
    close,
    saveNotes: () => notes.save(),
    clock,
    logger,
  });
  const openDecoder = (): RecordDecoder =>
    createRecordDecoder({
      format: source.format,
      isCaptured: tables.isCaptured,
      idColumns: (database, table) => idColumnsOf(rules.rulesOf(database, table)),
      describeTable: origin.describeTable,
      isEnough: createToldEnough(rules),
      topicOf: (topic) => topics.versionsOf(topic),
      gapsOf: tables.gapsOf,
    });
  let decoder = openDecoder();
  const stream = new RecordStream({
    consumer,
    decoder: () => decoder,
    tracker,
    admit: (record) => topics.admit(record),
  });
  const router = new Router({
    rules,
    sink,
    readRows: origin.readRows,
    logger,
    onKeyChange: ({ database, table }, detail) =>
      onGap({ code: "SCHEMA_KEY_CHANGED", database, table, detail }),
    onRowFailed: createRowFailureHandler({
      ...patience,
      pipeline,
      deadLetters,
      onReject: config.sink.onReject,
      placeOf: () => placeOfRecord(stream.record),
    }),
  });
  const boundary = new Boundary();
  const switching: RuleSwitchParts = {
    rules,
    router,
    sink,
    readTables: origin.readTables === null ? null : (taken) => origin.readTables!(taken, names),
    atBoundary: (switchOver) => boundary.at(switchOver),
    onSwitched: (configs) => {
      tables.forget();
      decoder = openDecoder();
      notes.stamp(configFingerprint({ ...config, rules: configs }));
    },
  };
  const onGap = createSyncGapHandler({
    ...patience,
    pipeline,
    router,
    sink,
    notes,
    deadLetters,
    record: () => stream.record,
  });
  const onPoison = createPoisonHandler({ ...patience, pipeline, deadLetters });
  const watching = topics.run(ending.signal).catch(fail);
  const verifying = resources.use(
    startContinuousVerify(config, {
      rules,
      loads: () => loads.control?.status() ?? [],
      isElsewhere: () => !hasFirstPartition(consumer.assignment(), Object.keys(topics.topics)),
      capture: options.capture,
      clock,
      logger,
    }),
  );
  const held = resources.move();
  return {
    stream,
    destination: new DocumentDestination({ router, sink, marks: progress, boundary }),
    resume: committer,
    clock,
    onGap: (gap) => {
      boundary.enter();
      return onGap(gap);
    },
    loads: loads.control ?? undefined,
    reloadRules: async (configs) => {
      const answer = await switchRules(configs, switching);
      loads.control?.follow(configs, answer.changes);
      return answer;
    },
    onPoison: (poison) => {
      boundary.enter();
      return onPoison(poison);
    },
    onFailure: (listener) => void failure.promise.then(listener),
    status: () => {
      const { isConnected } = stream;
      const isFlowing = isConnected && sink.stats().waitingFor === null;
      return {
        topology: "sync",
        ...progress.status(consumer.assignment(), isConnected),
        pipeline,
        actionsTaken: sink.taken,
        actionsClosed: sink.closed,
        gaps: notes.gaps,
        rows: router.unwritten,
        loads: loads.control?.status() ?? [],
        verify: verifying?.status(),
        sink: sink.stats(),
        state: assignments.isChanging ? "rebalancing" : isFlowing ? "running" : "waiting",
      };
    },
    [Symbol.asyncDispose]: async () => {
      ending.abort();
      await loading;
      await sink[Symbol.asyncDispose]();
      await held.disposeAsync();
      await watching;
    },
  };
}

/** Of all instances one has the first partition of the first topic: it does what one is to do. */
function hasFirstPartition(assigned: readonly TopicPartition[], topics: Iterable<string>): boolean {
  const [first] = [...topics].toSorted();
  return assigned.some(({ topic, partition }) => topic === first && partition === 0);
}

/** The record in hand, as members of a dead letter. */
function placeOfRecord(
  record: RecordView | null,
): Partial<Pick<RecordView, "topic" | "partition" | "offset">> {
  if (record === null) return {};
  const { topic, partition, offset } = record;
  return { topic, partition, offset };
}
