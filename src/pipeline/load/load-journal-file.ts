import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { TailraceError } from "../../core/errors.ts";
import { fileNameOf, replaceJson, unwritable } from "../../state/durable-file.ts";
import { takeFileLock } from "../../state/file-lock.ts";
import { type LoadJobStore, parseLoadJob } from "./load-journal.ts";

/** Where the file of a pipeline's loads is. */
export interface LoadFileOptions {
  /** An absolute folder; created when missing. */
  readonly folder: string;
  readonly pipeline: string;
}

/**
 * A pipeline's loads in a file `NAME.load.json` beside the checkpoint, replaced as a whole. A lock file keeps a second process out, not the one that runs the pipeline. Throws
 * STATE_FOREIGN, STATE_UNWRITABLE.
 */
export async function openLoadFile({ folder, pipeline }: LoadFileOptions): Promise<LoadJobStore> {
  const path = join(folder, `${fileNameOf(pipeline)}.load.json`);
  const lock = await unwritable(path, async () => {
    await mkdir(folder, { recursive: true });
    return takeFileLock(`${path}.lock`);
  });
  return {
    load: async () => {
      const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
        if (error.code === "ENOENT") return null;
        throw unreadable(path, error);
      });
      return text === null ? null : parseLoadJob(parse(text, path), { place: path, pipeline });
    },
    save: (job) =>
      unwritable(path, async () => {
        await lock.check();
        await replaceJson(path, job);
      }),
    [Symbol.asyncDispose]: () => lock[Symbol.asyncDispose](),
  };
}

function parse(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw unreadable(path, error);
  }
}

function unreadable(path: string, cause: unknown): TailraceError {
  return new TailraceError("STATE_UNREADABLE", `${path}: ${(cause as Error).message}`, { cause });
}
