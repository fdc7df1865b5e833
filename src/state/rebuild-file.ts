import { mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { TailraceError } from "../core/errors.ts";
import type { RebuildState, RebuildStore } from "../core/rebuild.ts";
import { fileNameOf, replaceJson, syncFolder, unwritable } from "./durable-file.ts";
import { takeFileLock } from "./file-lock.ts";
import { parseRebuild } from "./parse-rebuild.ts";

/** Where the file of a rebuild is: in a folder, named by the pipeline and the index as rules name it. */
export interface RebuildFileOptions {
  readonly folder: string;
  readonly pipeline: string;
  readonly name: string;
}

/** The state of a rebuild in a file beside the checkpoint; a lock file keeps a second process out. Throws STATE_FOREIGN, STATE_UNWRITABLE. */
export async function openRebuildFile(options: RebuildFileOptions): Promise<RebuildStore> {
  const path = pathOf(options);
  const lock = await unwritable(path, async () => {
    await mkdir(options.folder, { recursive: true });
    return takeFileLock(`${path}.lock`);
  });
  return {
    load: () => peekRebuildFile(options),
    save: (state) =>
      unwritable(path, async () => {
        await lock.check();
        await replaceJson(path, state);
      }),
    remove: () =>
      unwritable(path, async () => {
        await rm(path, { force: true });
        await syncFolder(options.folder);
      }),
    [Symbol.asyncDispose]: () => lock[Symbol.asyncDispose](),
  };
}

/** The state as it is, whoever works on it; null when there is none. Throws STATE_UNREADABLE. */
export async function peekRebuildFile(options: RebuildFileOptions): Promise<RebuildState | null> {
  const path = pathOf(options);
  try {
    return parseRebuild(JSON.parse(await readFile(path, "utf8")), path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    if (error instanceof TailraceError) throw error;
    throw new TailraceError("STATE_UNREADABLE", `${path}: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

function pathOf({ folder, pipeline, name }: RebuildFileOptions): string {
  return join(folder, `${fileNameOf(pipeline)}.rebuild.${fileNameOf(name)}.json`);
}
