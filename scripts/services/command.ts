import { spawn } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** How {@link runCommand} runs a program. */
export interface CommandOptions {
  readonly cwd?: string;
  /** Added to this process's environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Written to its standard input. */
  readonly input?: string;
}

/** Is there a program of this name in PATH? */
export function hasCommand(name: string): boolean {
  return (process.env["PATH"] ?? "").split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** Throws, saying how to install it, when there is no program of this name in PATH. */
export function requireCommand(name: string, remedy: string): void {
  if (!hasCommand(name)) throw new Error(`The program ${name} is not installed. ${remedy}`);
}

/** Runs a program to its end and returns what it printed. Throws with the end of its output when it fails. */
export async function runCommand(
  command: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<string> {
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: "pipe",
  });
  const stdout: Buffer[] = [];
  const all: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => {
    stdout.push(chunk);
    all.push(chunk);
  });
  child.stderr.on("data", (chunk: Buffer) => all.push(chunk));
  child.stdin.on("error", () => {
    // It ended without reading its input; its exit code says why.
  });
  child.stdin.end(options.input ?? "");
  const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>(
    (resolve, reject) => {
      child.on("error", reject);
      child.on("close", (...result) => resolve(result));
    },
  );
  if (code === 0) return Buffer.concat(stdout).toString();
  const output = lastLines(Buffer.concat(all).toString(), 15);
  throw new Error(
    `${[command, ...args].join(" ")} failed (${signal ?? `exit code ${code}`}):\n${output}`,
  );
}

/** The last lines of a text that are not empty. */
export function lastLines(text: string, count: number): string {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  return lines.slice(-count).join("\n");
}
