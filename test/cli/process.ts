import { spawn } from "node:child_process";
import { once } from "node:events";

/** A command line that runs as a process of its own; killed at the end of its scope. */
export interface TailraceProcess extends AsyncDisposable {
  /** What it has printed so far. */
  readonly stdout: string;
  readonly stderr: string;
  /** Resolves with the exit code once it has ended and everything that it printed is here. */
  readonly exitCode: Promise<number | null>;
  send(signal: "SIGINT" | "SIGTERM" | "SIGKILL" | "SIGHUP"): void;
}

/** Starts a command line, with nothing but `env` in its environment. */
export function spawnTailrace(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): TailraceProcess {
  const main = new URL("../../src/main.ts", import.meta.url).pathname;
  const child = spawn(process.execPath, [main, ...args], {
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const exitCode = once(child, "close").then(([code]: unknown[]) =>
    typeof code === "number" ? code : null,
  );
  return {
    get stdout() {
      return stdout;
    },
    get stderr() {
      return stderr;
    },
    exitCode,
    send: (signal) => void child.kill(signal),
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGKILL");
      await exitCode;
    },
  };
}
