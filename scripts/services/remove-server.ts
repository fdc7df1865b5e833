import { readdir, rm, rmdir } from "node:fs/promises";
import { dirname } from "node:path";
import type { Backend } from "./backend.ts";
import { dockerBackend } from "./docker-backend.ts";
import { withLock } from "./lock.ts";
import { packageBackend } from "./package-backend.ts";
import { isAlive } from "./process.ts";
import type { ServerState } from "./state.ts";
import { listStates, readState } from "./state.ts";

/** What runs a server that comes from there. */
export function backendOf(state: ServerState): Backend {
  return state.from === "docker" ? dockerBackend : packageBackend;
}

/** Stops a server and deletes its folder, and the instance's when nothing else is in it. */
export async function removeServer(known: ServerState): Promise<void> {
  await withLock(known.directory, async () => {
    // Another process may have restarted or removed it.
    const state = await readState(known.directory);
    if (state === null) return;
    const backend = backendOf(state);
    await backend.stop(state);
    await backend.remove(state);
    await rm(state.directory, { recursive: true, force: true });
    const instance = dirname(state.directory);
    if ((await readdir(instance)).length === 0) await rmdir(instance).catch(() => {});
  });
}

/** Removes the servers of owners that have ended and whose reaper was killed with them. */
export async function removeOrphans(): Promise<void> {
  for (const state of await listStates()) {
    if (state.owner !== null && !isAlive(state.owner)) await removeServer(state);
  }
}
