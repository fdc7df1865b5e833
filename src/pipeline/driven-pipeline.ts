import type { DirectConfig } from "../config/config.ts";
import type { LogPlace } from "../core/checkpoint.ts";
import type { Clock } from "../core/clock.ts";
import { asTailraceError, TailraceError } from "../core/errors.ts";
import type { JsonClient } from "../core/json-client.ts";
import type { AppliedPlace } from "../core/load.ts";
import type { Logger } from "../core/logger.ts";
import { isWithin } from "../core/version.ts";
import { openConnection } from "../mysql/connection.ts";
import { describeServer, readLogEnd } from "../mysql/server.ts";
import type { LoadProgress } from "../snapshot/load-progress.ts";
import { peekCheckpoint } from "./load/load-epoch.ts";
import { runPipeline } from "./run-pipeline.ts";
import { connectionOptions } from "./source.ts";
import type { DirectStatus } from "./status.ts";

/** The end of a server's log. */
export interface SourceEnd extends LogPlace {
  readonly serverUuid: string;
}

/** What driving a pipeline takes. */
export interface DrivenOptions {
  readonly client: JsonClient;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A pipeline that runs in this process for a purpose, until that is fulfilled. Disposing it drains and stops. */
export class DrivenPipeline implements AppliedPlace, AsyncDisposable {
  readonly #config: DirectConfig;
  readonly #options: DrivenOptions;
  readonly #stop = new AbortController();
  readonly #ended: Promise<void>;
  #failure: TailraceError | null = null;
  #read: (() => DirectStatus) | null = null;

  constructor(config: DirectConfig, options: DrivenOptions) {
    this.#config = config;
    this.#options = options;
    const { clock, logger } = options;
    this.#ended = runPipeline(config, {
      signal: this.#stop.signal,
      clock,
      logger,
      onReady: (view) => {
        this.#read = view.status;
      },
    }).catch((error: unknown) => {
      this.#failure = asTailraceError(error);
    });
  }

  /** Null before it runs. Throws what has ended it. */
  status(): DirectStatus | null {
    if (this.#failure !== null) throw this.#failure;
    return this.#read?.() ?? null;
  }

  /** See {@link AppliedPlace}. Throws what has ended the pipeline. */
  read(): Promise<LogPlace | null> {
    const status = this.status();
    if (status === null || status.file === "") return Promise.resolve(null);
    return Promise.resolve({ file: status.file, position: status.position });
  }

  /** Where the source's log ends now. Throws SOURCE_*. */
  async readEnd(): Promise<SourceEnd> {
    await using connection = await openConnection(connectionOptions(this.#config.source));
    const server = await describeServer(connection);
    const { file, position } = await readLogEnd(connection, server);
    return { serverUuid: server.serverUuid, file, position };
  }

  /** Its checkpoint as it was saved last. Throws STATE_*. */
  async readCheckpoint(): Promise<NonNullable<Awaited<ReturnType<typeof peekCheckpoint>>>> {
    const checkpoint = await peekCheckpoint(this.#config, this.#options.client);
    if (checkpoint !== null) return checkpoint;
    throw new TailraceError("INVARIANT_BROKEN", `${this.#config.name} has no checkpoint.`);
  }

  /** Resolves with true when everything up to there is in the indices; with false when that took too long, or the signal has aborted. Throws what has ended the pipeline. */
  async reaches(
    end: SourceEnd,
    { signal, timeoutMs }: { readonly signal: AbortSignal; readonly timeoutMs: number },
  ): Promise<boolean> {
    const { clock } = this.#options;
    const untilMs = clock.now() + timeoutMs;
    for (;;) {
      const status = this.status();
      // places of two servers do not compare: after a failover in between the end is asked for again
      if (status !== null && status.file !== "" && isWithin(end, status))
        return (await this.readCheckpoint()).serverUuid === end.serverUuid;
      if (clock.now() >= untilMs || signal.aborted) return false;
      await clock.sleep(20, signal);
    }
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
