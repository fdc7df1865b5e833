import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { LogStatusLine, StatusLine } from "../../src/observe/status-line.ts";

/** How a process ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** `tailrace run` as a process of its own, as a user has it. Disposing of it kills it, if it still runs. */
export interface PipelineProcess<Line extends StatusLine = LogStatusLine> extends AsyncDisposable {
  readonly pid: number;
  /** The last status that it printed, or null before the first. */
  readonly status: Line | null;
  /** Resolves when it has ended, however. */
  readonly exited: Promise<Exit>;
  /** How it ended, or null while it runs. */
  readonly exit: Exit | null;
  /** Asks it to drain (SIGTERM); resolves when it has ended. Kills it when it has not within `graceMs`. */
  stop(graceMs?: number): Promise<Exit>;
  /** Kills it (SIGKILL); resolves when it is gone. */
  kill(): Promise<Exit>;
}

/** What a pipeline process is started with. */
export interface PipelineProcessOptions<Line extends StatusLine = LogStatusLine> {
  /** Path of the configuration file. */
  readonly config: string;
  /** The part that it runs, of a configuration with `[kafka]`. */
  readonly part?: "capture" | "sync";
  /** Its log (standard error) is appended to this file. */
  readonly logFile: string;
  readonly onStatus?: (status: Line) => void;
}

const MAIN = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
const STOP_GRACE_MS = 60_000;

/** Starts `tailrace run CONFIG --json`, of which `Line` is what it prints. */
export function startPipelineProcess<Line extends StatusLine = LogStatusLine>(
  options: PipelineProcessOptions<Line>,
): PipelineProcess<Line> {
  const log = openSync(options.logFile, "a");
  const part = options.part === undefined ? [] : ["--part", options.part];
  const child = spawn(process.execPath, [MAIN, "run", options.config, "--json", ...part], {
    stdio: ["ignore", "pipe", log],
    // A Ctrl-C in the terminal is for us; we stop it when it is time.
    detached: true,
  });
  closeSync(log);
  let status: Line | null = null;
  let exit: Exit | null = null;
  const killWithUs = (): void => void child.kill("SIGKILL");
  process.once("exit", killWithUs);
  const exited = new Promise<Exit>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) => {
      process.off("exit", killWithUs);
      exit = { code, signal };
      resolve(exit);
    });
  });
  // Whoever awaits it hears of a failed start; nobody must.
  exited.catch(() => undefined);
  createInterface({ input: child.stdout! }).on("line", (line) => {
    const parsed = parseStatus(line) as Line | null;
    if (parsed === null) return;
    status = parsed;
    options.onStatus?.(parsed);
  });
  const end = async (signal: NodeJS.Signals): Promise<Exit> => {
    if (exit === null) child.kill(signal);
    return await exited;
  };
  return {
    pid: child.pid ?? -1,
    get status() {
      return status;
    },
    get exit() {
      return exit;
    },
    exited,
    kill: () => end("SIGKILL"),
    stop: async (graceMs = STOP_GRACE_MS) => {
      const timer = setTimeout(() => void child.kill("SIGKILL"), graceMs);
      try {
        return await end("SIGTERM");
      } finally {
        clearTimeout(timer);
      }
    },
    [Symbol.asyncDispose]: async () => {
      await end("SIGKILL");
    },
  };
}

/** A status; null for another line of output, such as an error, or the torn last line of a killed process. */
function parseStatus(line: string): StatusLine | null {
  try {
    const value = JSON.parse(line) as Partial<StatusLine>;
    return value.pipeline === undefined ? null : (value as StatusLine);
  } catch {
    return null;
  }
}

/** The last lines of a log file, for a message. */
export async function lastLogLines(file: string, count: number): Promise<string> {
  const text = await readFile(file, "utf8").catch(() => "");
  return text.trimEnd().split("\n").slice(-count).join("\n");
}

/** A path as a newcomer would type it: relative to the folder where the script was started, when it is below it. */
export function shownPath(path: string): string {
  const here = join(process.cwd(), "/");
  return path.startsWith(here) ? path.slice(here.length) : path;
}
