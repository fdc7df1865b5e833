import { readFile, readdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Origin, ServerOptions, ServiceName } from "./contract.ts";
import { instancesDirectory } from "./paths.ts";
import type { ProcessRecord } from "./process.ts";

/** What is remembered of a server in its folder (`state.json`), from its first start until it is removed. */
export interface ServerState {
  readonly name: ServiceName;
  readonly instance: string;
  readonly from: Exclude<Origin, "environment">;
  readonly directory: string;
  readonly port: number;
  readonly version: string;
  readonly bin: string | null;
  readonly options: ServerOptions;
  readonly heap: string;
  readonly quickStart: boolean;
  readonly secure: boolean;
  /** The server's process, when it is one of this machine and was started. */
  readonly process: ProcessRecord | null;
  /** Who removes it at its end; null when it stays. */
  readonly owner: ProcessRecord | null;
}

const FILE = "state.json";

/** What is remembered in a server's folder, or null when there is nothing. */
export async function readState(directory: string): Promise<ServerState | null> {
  try {
    return JSON.parse(await readFile(join(directory, FILE), "utf8")) as ServerState;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

/** Replaces what is remembered. */
export async function writeState(state: ServerState): Promise<void> {
  const file = join(state.directory, FILE);
  await writeFile(`${file}.partial`, `${JSON.stringify(state, null, 2)}\n`);
  await rename(`${file}.partial`, file);
}

/** What is remembered of all servers of this checkout. */
export async function listStates(): Promise<ServerState[]> {
  const states: ServerState[] = [];
  for (const instance of await listFolders(instancesDirectory())) {
    for (const name of await listFolders(join(instancesDirectory(), instance))) {
      const state = await readState(join(instancesDirectory(), instance, name));
      if (state !== null) states.push(state);
    }
  }
  return states;
}

async function listFolders(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => []);
}
