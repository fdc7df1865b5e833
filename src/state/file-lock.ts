import { randomUUID } from "node:crypto";
import { open, readFile, rm, stat, utimes } from "node:fs/promises";
import { hostname } from "node:os";
import { TailraceError } from "../core/errors.ts";
import { type Holder, isHolderGone, thisHolder } from "./holder.ts";

/** The right to be the only process that writes something. */
export interface FileLock extends AsyncDisposable {
  /** Says that we are alive. Throws STATE_FOREIGN when another process has taken the lock over. */
  check(): Promise<void>;
}

/** A lock of another host counts as abandoned when nobody has checked it for this long. */
const FOREIGN_LEASE_MS = 60_000;

interface LockHolder extends Holder {
  /** Tells two locks of one process apart. */
  readonly id: string;
}

/**
 * Takes a lock file that names this process. A lock whose process is gone (kill -9) is taken over at once; one from another host, whose processes we
 * cannot see, when it has not been checked for a minute. Throws STATE_FOREIGN while the holder lives.
 */
export async function takeFileLock(path: string): Promise<FileLock> {
  const owner = JSON.stringify({ id: randomUUID(), ...thisHolder() } satisfies LockHolder);
  while (!(await create(path, owner))) {
    const holder = await readFile(path, "utf8").catch(() => null);
    if (holder === null) continue;
    if (await isAlive(path, holder))
      throw new TailraceError("STATE_FOREIGN", `${path} is held by ${describeHolder(holder)}`);
    await rm(path, { force: true });
  }
  const isOurs = async (): Promise<boolean> =>
    (await readFile(path, "utf8").catch(() => "")) === owner;
  return {
    check: async () => {
      if (!(await isOurs()))
        throw new TailraceError(
          "STATE_FOREIGN",
          `${path} was removed or taken over by another process`,
        );
      const now = new Date();
      await utimes(path, now, now);
    },
    [Symbol.asyncDispose]: async () => {
      if (await isOurs()) await rm(path, { force: true });
    },
  };
}

function describeHolder(text: string): string {
  try {
    const { pid, host } = JSON.parse(text) as Partial<LockHolder>;
    return `process ${pid ?? "?"}${host === hostname() ? "" : ` on ${host ?? "?"}`}, which runs`;
  } catch {
    return "a process that is just starting";
  }
}

async function create(path: string, owner: string): Promise<boolean> {
  try {
    const file = await open(path, "wx");
    try {
      await file.writeFile(owner);
    } finally {
      await file.close();
    }
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

async function isAlive(path: string, text: string): Promise<boolean> {
  let holder: Partial<LockHolder>;
  try {
    holder = JSON.parse(text) as Partial<LockHolder>;
  } catch {
    // killed between creating and writing: nobody holds it once it is a moment old
    return Date.now() - (await modified(path)) < 5_000;
  }
  if (holder.host !== hostname()) return Date.now() - (await modified(path)) < FOREIGN_LEASE_MS;
  const { pid, started = "", host } = holder;
  return pid !== undefined && !isHolderGone({ pid, started, host });
}

async function modified(path: string): Promise<number> {
  return (await stat(path).catch(() => null))?.mtimeMs ?? 0;
}
