import type { CaptureConfig } from "../../config/config.ts";
import { TailraceError } from "../../core/errors.ts";
import type { RecordGap } from "../../transport/record-encoder.ts";
import { placeGap, tellCaptureGap } from "./capture-gaps.ts";
import { captureStatus, standbyStatus } from "./capture-status.ts";
import { type CaptureStores, openCaptureStores } from "./capture-stores.ts";
import { CHECKPOINT_INTERVAL_MS, Checkpointer, placeOf } from "../checkpointer.ts";
import { createEncoder } from "./create-encoder.ts";
import { type DecidedStart, decideStart } from "../decide-start.ts";
import { readTopicEpoch } from "./known-epoch.ts";
import { createCapturedNames, openCapture, openReplica } from "../open-capture.ts";
import { Progress } from "../progress.ts";
import { createReadRows } from "../read-again.ts";
import { RecordDestination } from "./record-destination.ts";
import {
  createAtLeastOncePublisher,
  ExactlyOncePublisher,
  type RecordPublisher,
} from "./record-publisher.ts";
import { RecordTopics } from "./record-topics.ts";
import { connectionOptions, SourceQueries } from "../source.ts";
import type { OpenOptions, ResumePoint, Stages } from "../stages.ts";
import { takePipelineLock } from "./standby.ts";
import { CommitTracker } from "../tracker.ts";

/**
 * Opens everything that a pipeline from MySQL into records needs. The pipeline's lock comes first: whoever does not get it stands by and touches nothing. Then
 * the producer, which fences a predecessor and ends what that left open, before the checkpoint is read. Throws a TailraceError, having closed what was open.
 */
export async function openCapturePipeline(
  config: CaptureConfig,
  options: OpenOptions,
): Promise<Stages> {
  await using resources = new AsyncDisposableStack();
  const { logger, clock } = options;
  const connection = connectionOptions(config.source);
  const lost = Promise.withResolvers<void>();
  resources.use(
    await takePipelineLock(
      {
        connection,
        pipeline: config.name,
        onStandby: () => options.onReady?.({ status: () => standbyStatus(config) }),
        onLost: lost.resolve,
      },
      options,
    ),
  );
  const stores = resources.use(await openCaptureStores(config, options));
  const { checkpoints, producer, deadLetters, cluster } = stores;
  const queries = resources.use(new SourceQueries(connection));
  const decided = await decideStart(
    config,
    {
      checkpoints: checkpoints.kind === "separate" ? checkpoints.store : checkpoints.records,
      queries,
      readKnownEpoch: async () =>
        greater(
          await readTopicEpoch(config, cluster, logger),
          (await options.readKnownEpoch?.()) ?? null,
        ),
    },
    options,
  );
  const { source, start, cursor } = decided;

  const tracker = new CommitTracker();
  const progress = new Progress(tracker, cursor, {
    ...options,
    isConnected: () => stream.isConnected,
  });
  void lost.promise.then(() =>
    progress.fail(new TailraceError("SOURCE_UNREACHABLE", "Lost the lock of this pipeline.")),
  );
  const telling = { pipeline: config.name, notes: cursor, deadLetters, clock, logger };
  let rejected = 0;
  const { current } = source.state;
  const topics = new RecordTopics({
    cluster,
    template: config.sink.topic,
    create: config.sink.createTopics,
    clock,
    logger,
  });
  const destination = new RecordDestination({
    encoder: createEncoder(config, current.file, options),
    publisher: createPublisher(config, { producer, checkpoints }, decided),
    topics,
    readRows: createReadRows(queries),
    marks: progress,
    onGap: async (gap: RecordGap) => {
      rejected += 1;
      await tellCaptureGap(placeGap(gap, current), telling);
    },
    onFatal: (error) => progress.fail(error),
    maxBufferBytes: config.sink.maxBufferBytes,
    clock,
  });
  const resume = createResumePoint(
    destination,
    { checkpoints, decided, progress, topics },
    options,
  );
  // also the test that the state can be written
  if (checkpoints.kind === "transactional") await destination.drain();
  else await resume.save();
  const replica = resources.use(openReplica(config.source, clock));
  const captureContext = { source, start, queries, replica, cursor, ...options };
  const names = { caseSensitive: source.server.lowerCaseTableNames === 0 };
  const captured = createCapturedNames(config.rules, names);
  const { stream } = openCapture(captured, captureContext);
  resources.use(stream);
  const held = resources.move();
  return {
    stream,
    destination,
    resume,
    clock,
    onGap: (gap) => tellCaptureGap(gap, telling),
    onPoison: (poison) => {
      throw new TailraceError(
        "INVARIANT_BROKEN",
        `The binary log has no records: ${poison.detail}`,
      );
    },
    onFailure: (listener) => progress.onFailure(listener),
    status: () =>
      captureStatus(config, { progress, destination, isConnected: stream.isConnected, rejected }),
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

function greater(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.max(a, b);
}

function createPublisher(
  { sink }: CaptureConfig,
  { producer, checkpoints }: Pick<CaptureStores, "producer" | "checkpoints">,
  { cursor }: DecidedStart,
): RecordPublisher {
  if (checkpoints.kind === "separate") return createAtLeastOncePublisher(producer);
  return new ExactlyOncePublisher({
    producer,
    checkpoints: checkpoints.records,
    cursor: cursor.fork(),
    notes: cursor,
    maxTransactionBytes: sink.maxBufferBytes,
  });
}

/** The checkpoint is saved behind what is closed, or by the destination's transactions, which leave nothing to save at the end. */
function createResumePoint(
  destination: RecordDestination,
  {
    checkpoints,
    decided: { cursor },
    progress,
    topics,
  }: {
    readonly checkpoints: CaptureStores["checkpoints"];
    readonly decided: DecidedStart;
    readonly progress: Progress;
    readonly topics: RecordTopics;
  },
  { clock, logger }: OpenOptions,
): ResumePoint {
  const place = (): Readonly<Record<string, unknown>> => placeOf(cursor);
  if (checkpoints.kind === "separate") {
    const { store } = checkpoints;
    const saving = new Checkpointer({ store, cursor, clock, logger }).resumePoint(() =>
      progress.close(destination.closed),
    );
    return {
      ...saving,
      run: async (signal) => {
        await Promise.all([saving.run(signal), topics.watch(signal)]);
      },
    };
  }
  return {
    run: async (signal) => {
      const watching = topics.watch(signal);
      while (!signal.aborted) {
        await clock.sleep(CHECKPOINT_INTERVAL_MS, signal);
        if (!signal.aborted) await destination.saveCheckpoint();
      }
      await watching;
    },
    save: () => Promise.resolve(),
    place,
  };
}
