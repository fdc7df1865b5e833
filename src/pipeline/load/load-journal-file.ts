import { mkdir, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { TailraceError } from "../../core/errors.ts";
import { fileNameOf, syncFolder, writeDurably } from "../../state/durable-file.ts";
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
        await writeDurably(`${path}.new`, `${JSON.stringify(job, null, 2)}\n`);
        await rename(`${path}.new`, path);
        await syncFolder(folder);
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

async function unwritable<T>(path: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (error instanceof TailraceError) throw error;
    throw new TailraceError("STATE_UNWRITABLE", `${path}: ${(error as Error).message}`, {
      cause: error,
    });
  }
}
