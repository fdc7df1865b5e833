import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Backend } from "./backend.ts";
import { lastLines } from "./command.ts";
import { findProcess, isAlive, killProcess, stopProcess } from "./process.ts";
import { waitUntilReady } from "./readiness.ts";
import { PACKAGES } from "./registry.ts";
import type { ServerState } from "./state.ts";

const STOP_LIMIT_MS = 60_000;

/** Servers from packages, as processes of this machine. */
export const packageBackend: Backend = {
  start: async (state, save, report) => {
    const server = PACKAGES[state.name];
    const distribution = await server.install(report);
    report("starting");
    const started = await server.launch({ ...state, distribution, report });
    const starting: ServerState = { ...state, process: started, bin: server.bin(distribution) };
    await save(starting);
    const log = join(state.directory, server.logFile);
    try {
      const version = await waitUntilReady({
        ...state,
        hasEnded: async () => !isAlive(started),
        log: async () => `${log}:\n${lastLines(await readFile(log, "utf8"), 20)}`,
      });
      const pid = (await server.serverPid?.(state.directory)) ?? started.pid;
      const running = { ...starting, version, process: findProcess(pid) ?? started };
      await save(running);
      return running;
    } catch (error) {
      await killProcess(started);
      throw error;
    }
  },
  isRunning: async ({ process }) => process !== null && isAlive(process),
  stop: async ({ process }) => {
    if (process !== null) await stopProcess(process, STOP_LIMIT_MS);
  },
  kill: async ({ process }) => {
    if (process !== null) await killProcess(process);
  },
  remove: async () => {
    // Everything lies in the server's folder.
  },
};
