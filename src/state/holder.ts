import { readFileSync } from "node:fs";
import { hostname } from "node:os";

/** A process that holds something. */
export interface Holder {
  readonly pid: number;
  /** Start time of the process, so that a reused process id is not taken for it; empty where the system does not tell. */
  readonly started: string;
  readonly host: string;
}

/** This process. */
export function thisHolder(): Holder {
  return { pid: process.pid, started: startTime(process.pid), host: hostname() };
}

/** Is it certain that the process has ended? Those of other hosts cannot be seen. */
export function isHolderGone({ pid, started, host }: Holder): boolean {
  if (host !== hostname()) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "EPERM";
  }
  return started !== startTime(pid);
}

/** The process's start time in clock ticks since boot: field 22 of proc(5)'s stat, counted behind the name in parentheses. */
function startTime(pid: number): string {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    return text.slice(text.lastIndexOf(")") + 2).split(" ")[19] ?? "";
  } catch {
    return "";
  }
}
