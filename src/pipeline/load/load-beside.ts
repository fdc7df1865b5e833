import type { LoadConfig } from "../../config/config.ts";
import type { Clock } from "../../core/clock.ts";
import { TailraceError } from "../../core/errors.ts";
import type { ChunkReader, LoadJournal, TableLoad } from "../../core/load.ts";
import type { Logger } from "../../core/logger.ts";
import { LoadRunner } from "../../snapshot/load-runner.ts";
import { connectionOptions } from "../source.ts";
import type { DocumentWriter } from "./document-writer.ts";
import { RelaxedLoads } from "./relaxed-loads.ts";
import { createReplicaLagGate } from "./replica-lag.ts";
import { VersionDestination } from "./version-destination.ts";

/** What loading by versions takes. */
export interface LoadBesideOptions {
  readonly load: LoadConfig;
  /** Stays the caller's. */
  readonly writer: DocumentWriter;
  readonly journal: LoadJournal;
  readonly openReader: () => Promise<ChunkReader>;
  /** Nothing streams the documents before this is closed. */
  readonly nothingStreams?: boolean | undefined;
  /** How long chunks that are being written may take when loading is stopped. */
  readonly drainTimeoutMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/** Loads by versions, beside a stream in another process or another sink. Closing it stops, lets what is being written end, and puts indices back. */
export interface LoadBeside extends AsyncDisposable {
  readonly runner: LoadRunner;
  readonly destination: VersionDestination;
  /** Works at these loads, and at those of the journal that have not ended. Resolves when all are in the journal. */
  start(loads: readonly TableLoad[]): Promise<void>;
}

/** Puts together what loads by versions need, as configured. */
export function openLoadBeside(options: LoadBesideOptions): LoadBeside {
  const { load, writer, journal, clock, logger, signal, drainTimeoutMs } = options;
  const { pauseWhileLagging: pause } = load;
  const gate =
    pause &&
    createReplicaLagGate({
      connection: connectionOptions(pause.replica),
      maxLagMs: pause.maxLagMs,
      clock,
      logger,
    });
  const relaxing = new RelaxedLoads({
    client: writer.client,
    rules: writer.rules,
    isWanted: load.relaxIndex,
    clock,
    logger,
  });
  const destination = new VersionDestination({
    writer,
    clock,
    nothingStreams: options.nothingStreams,
    onWritten: () => relaxing.onWritten(),
  });
  const runner = new LoadRunner({
    openReader: options.openReader,
    destination,
    journal,
    connections: load.connections,
    chunkBytes: load.chunkBytes,
    maxRowsPerSecond: load.maxRowsPerSecond,
    mayRead: gate && ((aborted) => gate.mayRead(aborted)),
    onLoadEnded: (ended) => relaxing.end(ended),
    clock,
    logger,
    signal,
  });
  let restoring: Promise<void> | undefined;
  return {
    runner,
    destination,
    start: async (loads) => {
      await relaxing.begin([...journal.loads, ...loads]);
      restoring ??= relaxing.restoreOthers(signal);
      await runner.start(loads);
    },
    [Symbol.asyncDispose]: async () => {
      const ended = new AbortController();
      const late = clock.sleep(drainTimeoutMs, ended.signal).then(async () => {
        const why = "stopped before everything in flight was accepted";
        if (!ended.signal.aborted) await writer.abandon(new TailraceError("SNAPSHOT_LATE", why));
      });
      await runner[Symbol.asyncDispose]();
      ended.abort();
      await late;
      await relaxing.endAll();
      await restoring;
      await gate?.[Symbol.asyncDispose]();
    },
  };
}
