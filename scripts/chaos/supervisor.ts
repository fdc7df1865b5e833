import { setTimeout as sleep } from "node:timers/promises";
import type { LogStatusLine, StatusLine } from "../../src/observe/status-line.ts";
import {
  type Exit,
  type PipelineProcess,
  startPipelineProcess,
} from "../support/pipeline-process.ts";

/** How the pipeline is started. */
export interface SupervisorOptions {
  readonly config: string;
  readonly logFile: string;
  readonly part?: "capture" | "sync";
  /** A look at what the last process left; what it throws ends the run. */
  readonly beforeStart?: () => Promise<void>;
  /** Told when the process is about to be killed. */
  readonly onKill?: () => void;
}

/** Keeps one pipeline process, of which `Line` is what it prints, ends it as told and starts it again. */
export class Supervisor<Line extends StatusLine = LogStatusLine> implements AsyncDisposable {
  readonly #options: SupervisorOptions;
  #process: PipelineProcess<Line> | null = null;
  #startedMs = 0;
  /** We have asked for the process's end. */
  #isEnding = false;
  readonly #failure = Promise.withResolvers<never>();
  /** Rows that all processes together have acknowledged. */
  #rowsBefore = 0;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#failure.promise.catch(() => undefined);
  }

  /** Rejects when the process ends by itself. */
  get failed(): Promise<never> {
    return this.#failure.promise;
  }

  /** The process's last status; null while there is none. */
  get status(): Line | null {
    return this.#process?.status ?? null;
  }

  /** Rows acknowledged by all processes up to now. */
  get rows(): number {
    return this.#rowsBefore + (this.status?.rows ?? 0);
  }

  /** A process is there, frozen or not. */
  get isRunning(): boolean {
    return this.#process !== null;
  }

  /** Starts the process after a look at what the last one left. Throws when an invariant does not hold. */
  async start(): Promise<void> {
    await this.#options.beforeStart?.();
    const pipeline = startPipelineProcess<Line>(this.#options);
    this.#process = pipeline;
    this.#startedMs = performance.now();
    this.#isEnding = false;
    void pipeline.exited.then(
      (exit) => {
        if (!this.#isEnding)
          this.#failure.reject(new Error(`tailrace ended by itself: ${describe(exit)}`));
      },
      (error: unknown) => this.#failure.reject(error),
    );
  }

  /** Holds the process (SIGSTOP) or lets it go on (SIGCONT). */
  signal(signal: "SIGSTOP" | "SIGCONT"): void {
    if (this.#process !== null && this.#process.exit === null)
      process.kill(this.#process.pid, signal);
  }

  /** Kills the process (SIGKILL). */
  async kill(): Promise<void> {
    this.#options.onKill?.();
    await this.#end((pipeline) => pipeline.kill());
  }

  /** Asks the process to end. Throws when it does not, or not with exit code 0. */
  async stop(): Promise<void> {
    // Before Node.js listens for it, the signal ends the process as it is.
    const isNew = performance.now() - this.#startedMs < START_MS;
    const exit = await this.#end((pipeline) => pipeline.stop(STOP_GRACE_MS));
    if (exit !== null && exit.code !== 0 && !(isNew && exit.signal === "SIGTERM"))
      throw new Error(`tailrace did not end as asked (SIGTERM): ${describe(exit)}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }

  async #end(end: (pipeline: PipelineProcess<Line>) => Promise<Exit>): Promise<Exit | null> {
    const pipeline = this.#process;
    if (pipeline === null) return null;
    this.#isEnding = pipeline.exit === null;
    const exit = await end(pipeline);
    this.#rowsBefore += pipeline.status?.rows ?? 0;
    this.#process = null;
    // What it had sent may still be on its way to Elasticsearch.
    await sleep(0);
    return exit;
  }
}

/** The drain's own deadline is shorter. */
const STOP_GRACE_MS = 30_000;
/** How long Node.js may take to load the program on a busy machine. */
const START_MS = 5_000;

function describe({ code, signal }: Exit): string {
  return signal === null ? `exit code ${code}` : signal;
}
