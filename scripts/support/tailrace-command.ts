import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

/** What a command printed, and how it ended. */
export interface CommandResult {
  /** Null when a signal ended it. */
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const MAIN = fileURLToPath(new URL("../../src/main.ts", import.meta.url));

/** Runs `tailrace ARGUMENTS` as a process of its own, as a user has it, and waits for its end. */
export async function runTailraceCommand(args: readonly string[]): Promise<CommandResult> {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  const killWithUs = (): void => void child.kill("SIGKILL");
  process.once("exit", killWithUs);
  try {
    const ended = once(child, "exit") as Promise<[code: number | null]>;
    const [stdout, stderr, [exitCode]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      ended,
    ]);
    return { exitCode, stdout, stderr };
  } finally {
    process.off("exit", killWithUs);
  }
}
