import type { CaptureConfig, DirectConfig, SyncConfig } from "../config/config.ts";
import type { Checkpoint, LogPlace } from "../core/checkpoint.ts";
import type { Clock } from "../core/clock.ts";
import { asTailraceError, TailraceError } from "../core/errors.ts";
import type { JsonClient } from "../core/json-client.ts";
import type { PartitionOffset } from "../core/kafka.ts";
import type { AppliedPlace } from "../core/load.ts";
import type { Logger } from "../core/logger.ts";
import { isWithin } from "../core/version.ts";
import { openCluster } from "../kafka/cluster.ts";
import { openConnection } from "../mysql/connection.ts";
import { describeServer, readLogPlace } from "../mysql/server.ts";
import type { LoadProgress } from "../snapshot/load-progress.ts";
import { peekCheckpoint } from "./load/load-epoch.ts";
import { runPipeline } from "./run-pipeline.ts";
import { connectionOptions } from "./source.ts";
import type { DirectStatus, PartitionStatus, SyncStatus } from "./status.ts";
import { readTopicEnds } from "./sync/topic-ends.ts";

/** The end of what a source has: of a server's log, or of the partitions of topics. */
export type SourceEnd =
  | (LogPlace & { readonly kind: "log"; readonly serverUuid: string })
  | { readonly kind: "offsets"; readonly ends: readonly PartitionOffset[] };

/** What driving a pipeline takes. */
export interface DrivenOptions {
  readonly client: JsonClient;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The half that publishes what a sync reads, where the configuration has it. */
  readonly capture?: CaptureConfig | undefined;
}

/** A pipeline that runs in this process for a purpose, until that is fulfilled. Disposing it drains and stops. */
export class DrivenPipeline implements AppliedPlace, AsyncDisposable {
  readonly #config: DirectConfig | SyncConfig;
  readonly #options: DrivenOptions;
  readonly #stop = new AbortController();
  readonly #ended: Promise<void>;
  #failure: TailraceError | null = null;
  #read: (() => DirectStatus | SyncStatus) | null = null;

  constructor(config: DirectConfig | SyncConfig, options: DrivenOptions) {
    this.#config = config;
    this.#options = options;
    const { clock, logger, capture } = options;
    this.#ended = runPipeline<DirectConfig | SyncConfig>(config, {
      signal: this.#stop.signal,
      clock,
      logger,
      capture,
      onReady: (view) => {
        this.#read = view.status;
      },
    }).catch((error: unknown) => {
      this.#failure = asTailraceError(error);
    });
  }

  /** Null before it runs. Throws what has ended it. */
  status(): DirectStatus | SyncStatus | null {
    if (this.#failure !== null) throw this.#failure;
    return this.#read?.() ?? null;
  }

  /** See {@link AppliedPlace}. Throws what has ended the pipeline. */
  read(): Promise<LogPlace | null> {
    const status = this.status();
    if (status?.topology !== "direct" || status.file === "") return Promise.resolve(null);
    return Promise.resolve({ file: status.file, position: status.position });
  }

  /** Where the source ends now. Throws SOURCE_*, KAFKA_*. */
  async readEnd(): Promise<SourceEnd> {
    const { source } = this.#config;
    if (source.type === "kafka") return { kind: "offsets", ends: await readEnds(source) };
    await using connection = await openConnection(connectionOptions(source));
    const { serverUuid } = await describeServer(connection);
    return { kind: "log", serverUuid, ...(await readLogPlace(connection)) };
  }

  /** Of one that reads a log: its checkpoint as it was saved last. Throws STATE_*. */
  async readCheckpoint(): Promise<Checkpoint> {
    const config = this.#config;
    const checkpoint =
      config.topology === "direct" ? await peekCheckpoint(config, this.#options.client) : null;
    if (checkpoint !== null) return checkpoint;
    throw new TailraceError("INVARIANT_BROKEN", `${config.name} has no checkpoint.`);
  }

  /** Resolves with true when everything up to there is in the indices; with false when that took too long, or the signal has aborted. Throws what has ended the pipeline. */
  async reaches(
    end: SourceEnd,
    { signal, timeoutMs }: { readonly signal: AbortSignal; readonly timeoutMs: number },
  ): Promise<boolean> {
    const { clock } = this.#options;
    const untilMs = clock.now() + timeoutMs;
    for (;;) {
      if (this.#hasPassed(end)) {
        // places of two servers do not compare: after a failover in between the end is asked for again
        return (
          end.kind === "offsets" || (await this.readCheckpoint()).serverUuid === end.serverUuid
        );
      }
      if (clock.now() >= untilMs || signal.aborted) return false;
      await clock.sleep(20, signal);
    }
  }

  #hasPassed(end: SourceEnd): boolean {
    const status = this.status();
    if (status === null) return false;
    if (end.kind === "log")
      return status.topology === "direct" && status.file !== "" && isWithin(end, status);
    return status.topology === "sync" && end.ends.every((each) => isRead(each, status.partitions));
  }

  /** The loads of its tables; none before it runs. */
  get loads(): readonly LoadProgress[] {
    return this.status()?.loads ?? [];
  }

  /** Drains and stops. Everything that it took is in the indices when it resolves. Throws what has ended it before. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#ended;
    if (this.#failure !== null) throw this.#failure;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#ended;
  }
}

/** Where the partitions of a sync's topics end. Throws KAFKA_*. */
export async function readEnds(source: SyncConfig["source"]): Promise<readonly PartitionOffset[]> {
  await using cluster = await openCluster(source.connection);
  return await readTopicEnds(cluster, source.topics);
}

function isRead(end: PartitionOffset, partitions: readonly PartitionStatus[]): boolean {
  const own = partitions.find(
    ({ topic, partition }) => topic === end.topic && partition === end.partition,
  );
  return own !== undefined && own.offset >= end.offset;
}
