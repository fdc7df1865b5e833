import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, openSync, readFileSync } from "node:fs";

/** A process that cannot be mistaken for a later one with the same id. */
export interface ProcessRecord {
  readonly pid: number;
  /** When it started, in the kernel's clock ticks since boot (/proc/PID/stat, field 22); empty where there is no /proc. */
  readonly startedAt: string;
}

/** A program to start and leave running. */
export interface DetachedCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** Added to this process's environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Where its output is appended. */
  readonly logFile: string;
}

const POLL_MS = 50;

/** The process with this id, or null when there is none (or only a zombie). */
export function findProcess(pid: number): ProcessRecord | null {
  if (!existsSync("/proc/self/stat")) return isSignalable(pid) ? { pid, startedAt: "" } : null;
  try {
    // "pid (name) state ppid …": the name may hold anything, so fields count from behind its last parenthesis.
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const [state, threads, startedAt = ""] = [fields[0], Number(fields[17]), fields[19]];
    // A zombie with threads is one whose other threads still hold its files and ports.
    return state === "Z" && threads <= 1 ? null : { pid, startedAt };
  } catch {
    return null;
  }
}

/** Does this very process still run? */
export function isAlive(record: ProcessRecord): boolean {
  return findProcess(record.pid)?.startedAt === record.startedAt;
}

/** Starts a program in a session of its own, so that neither Ctrl-C nor our end reaches it. */
export async function startDetached(command: DetachedCommand): Promise<ProcessRecord> {
  const log = openSync(command.logFile, "a");
  try {
    const child = spawn(command.command, command.args, {
      cwd: command.cwd,
      env: { ...process.env, ...command.env },
      detached: true,
      stdio: ["ignore", log, log],
    });
    await once(child, "spawn");
    child.unref();
    const { pid } = child;
    if (pid === undefined) throw new Error(`${command.command} did not start`);
    return findProcess(pid) ?? { pid, startedAt: "ended" };
  } finally {
    closeSync(log);
  }
}

/** Asks the process to end (SIGTERM) and waits; kills it when it has not ended in `graceMs`. */
export async function stopProcess(record: ProcessRecord, graceMs: number): Promise<void> {
  signal(record, "SIGTERM");
  if (await hasEnded(record, graceMs)) return;
  await killProcess(record);
}

/** Kills the process (SIGKILL) and waits until it is gone. */
export async function killProcess(record: ProcessRecord): Promise<void> {
  signal(record, "SIGKILL");
  if (!(await hasEnded(record, 30_000))) throw new Error(`Process ${record.pid} cannot be killed`);
}

/** Waits for the process to end, at most `limitMs`, and says whether it has. */
export async function hasEnded(record: ProcessRecord, limitMs: number): Promise<boolean> {
  const deadline = Date.now() + limitMs;
  while (isAlive(record)) {
    if (Date.now() > deadline) return false;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  return true;
}

/** Sends a signal to this very process, if it still runs. */
function signal(record: ProcessRecord, name: NodeJS.Signals): void {
  if (isAlive(record)) process.kill(record.pid, name);
}

function isSignalable(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
