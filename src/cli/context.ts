/** What a command knows of the process that it runs in; a parameter so that tests and embedders need no process. */
export interface CliContext {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Writes to standard output: results, and with `--json` nothing but JSON. */
  readonly print: (text: string) => void;
  /** Writes to standard error: everything meant for people. */
  readonly warn: (text: string) => void;
  /** Begins to listen for SIGTERM and SIGINT: the signal aborts at the first, the process ends with 130 at the second. */
  readonly stopSignal: () => AbortSignal;
  /** Begins to call the listener for every SIGHUP; absent where there are no signals. */
  readonly onReloadSignal?: (listener: () => void) => void;
  /** Absent when standard error is no terminal. */
  readonly terminal?: { readonly columns: () => number };
}

/** Drained, or done. */
export const EXIT_OK = 0;

/** An error that needs a person. */
export const EXIT_FATAL = 1;

/** The command line, the configuration or the preflight is at fault. */
export const EXIT_CONFIG = 2;

/** Forced by a second signal. */
export const EXIT_FORCED = 130;
