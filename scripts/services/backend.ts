import type { ServerState } from "./state.ts";

/** A way to run servers. Works on what is remembered of one, and returns what is to be remembered then. */
export interface Backend {
  /**
   * Starts the server on its data, new or left there, and waits until it answers. `save` stores what must be known to stop it, as soon as
   * that is known.
   */
  start(
    state: ServerState,
    save: (state: ServerState) => Promise<void>,
    report: (line: string) => void,
  ): Promise<ServerState>;
  isRunning(state: ServerState): Promise<boolean>;
  stop(state: ServerState): Promise<void>;
  kill(state: ServerState): Promise<void>;
  /** Deletes what lies outside the server's folder. The server is stopped. */
  remove(state: ServerState): Promise<void>;
}
