import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg, release, totalmem, type as osType } from "node:os";

/** Where and with what figures were measured. */
export interface Circumstances {
  /** ISO 8601. */
  readonly date: string;
  /** Commit of the working tree, with "+" when there are changes to it; null without git. */
  readonly commit: string | null;
  readonly node: string;
  readonly os: string;
  readonly cpu: string;
  /** Cores that everything measured shares: MySQL, tailrace, the target. */
  readonly cores: number;
  readonly memory_gib: number;
  /** Load of the last minute when the benchmark began: what else the machine did. */
  readonly load: number;
  /** Versions of peers and servers. */
  readonly versions: Readonly<Record<string, string>>;
}

/** This machine, now. `load` is measured before the benchmark, so it is given. */
export function describeCircumstances(
  load: number,
  servers: Readonly<Record<string, string>>,
): Circumstances {
  return {
    date: new Date().toISOString(),
    commit: readCommit(),
    node: process.version,
    os: `${osType()} ${release()}`,
    cpu: cpus()[0]?.model ?? "unknown",
    cores: availableParallelism(),
    memory_gib: Math.round(totalmem() / 2 ** 30),
    load: Math.round(load * 100) / 100,
    versions: { ...servers, "@vlasky/zongji": peerVersion() },
  };
}

/** The load of the last minute. */
export function currentLoad(): number {
  return loadavg()[0] ?? 0;
}

function readCommit(): string | null {
  const git = (...args: string[]): string =>
    execFileSync("git", args, {
      cwd: import.meta.dirname,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    }).trim();
  try {
    return (
      git("rev-parse", "--short", "HEAD") + (git("status", "--porcelain", "-uno") === "" ? "" : "+")
    );
  } catch {
    return null;
  }
}

function peerVersion(): string {
  const file = new URL("package.json", import.meta.resolve("@vlasky/zongji"));
  return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
}
