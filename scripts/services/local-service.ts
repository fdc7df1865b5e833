import type { ServerOptions, Service } from "./contract.ts";
import { withLock } from "./lock.ts";
import type { StandDown } from "./reaper.ts";
import { PROTOCOLS } from "./registry.ts";
import { backendOf, removeServer } from "./remove-server.ts";
import type { ServerState } from "./state.ts";
import { readState, writeState } from "./state.ts";

/** What goes with a {@link LocalService} of the process that started it. */
export interface LocalServiceOptions {
  readonly standDown?: StandDown | null;
  readonly report?: (line: string) => void;
}

/** A server that runs here, from Docker or packages. What others do to it meanwhile is read from its folder. */
export class LocalService implements Service {
  #state: ServerState;
  readonly #standDown: StandDown | null;
  readonly #report: (line: string) => void;

  constructor(state: ServerState, options: LocalServiceOptions = {}) {
    this.#state = state;
    this.#standDown = options.standDown ?? null;
    this.#report = options.report ?? (() => {});
  }

  get name(): Service["name"] {
    return this.#state.name;
  }

  get instance(): string {
    return this.#state.instance;
  }

  get from(): Service["from"] {
    return this.#state.from;
  }

  get url(): string {
    return PROTOCOLS[this.#state.name].url(this.#state.port);
  }

  get version(): string {
    return this.#state.version;
  }

  get pid(): number | null {
    return this.#state.process?.pid ?? null;
  }

  get bin(): string | null {
    return this.#state.bin;
  }

  get directory(): string {
    return this.#state.directory;
  }

  async start(options?: ServerOptions): Promise<void> {
    await this.#locked(async () => {
      const backend = backendOf(this.#state);
      if (await backend.isRunning(this.#state)) return;
      const wanted = { ...this.#state, options: options ?? this.#state.options };
      this.#state = await backend.start(wanted, writeState, this.#report);
    });
  }

  async stop(): Promise<void> {
    await this.#locked(() => backendOf(this.#state).stop(this.#state));
  }

  async restart(options?: ServerOptions): Promise<void> {
    await this.stop();
    await this.start(options);
  }

  async kill(): Promise<void> {
    await this.#locked(() => backendOf(this.#state).kill(this.#state));
  }

  async remove(): Promise<void> {
    await removeServer(this.#state);
    this.#standDown?.();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#state.owner !== null) await this.remove();
  }

  async #locked(work: () => Promise<void>): Promise<void> {
    await withLock(this.#state.directory, async () => {
      this.#state = (await readState(this.#state.directory)) ?? this.#state;
      await work();
    });
  }
}
