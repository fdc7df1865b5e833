import { mkdir, readFile, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Checkpoint, CheckpointStore } from "../core/checkpoint.ts";
import { fileNameOf, syncFolder, unwritable, writeDurably } from "./durable-file.ts";
import { parseCheckpoint, unreadableCheckpoint } from "./parse-checkpoint.ts";
import { takeFileLock, type FileLock } from "./file-lock.ts";

/** Where a pipeline's checkpoint file is. */
export interface CheckpointFileOptions {
  /** An absolute folder; created when missing. */
  readonly folder: string;
  readonly pipeline: string;
}

/**
 * The checkpoint in a file `NAME.checkpoint.json`, replaced as a whole: written beside it, flushed to disk, renamed over it, the folder
 * flushed. What it replaces stays as `.previous`. A lock file keeps a second process out. Throws STATE_FOREIGN, STATE_UNWRITABLE.
 */
export async function openCheckpointFile(options: CheckpointFileOptions): Promise<CheckpointStore> {
  const path = checkpointPath(options);
  const lock = await unwritable(path, async () => {
    await mkdir(options.folder, { recursive: true });
    return takeFileLock(`${path}.lock`);
  });
  return new CheckpointFile(path, options.pipeline, lock);
}

/** The checkpoint in the file as it is now, whoever owns it; null when there is none. Throws STATE_UNREADABLE, STATE_FOREIGN. */
export async function peekCheckpointFile(
  options: CheckpointFileOptions,
): Promise<Checkpoint | null> {
  return loadCheckpoint(checkpointPath(options), options.pipeline);
}

/** Removes the checkpoint, and the copy before it, of a pipeline that does not run. Throws STATE_FOREIGN while it does, STATE_UNWRITABLE. */
export async function removeCheckpointFile(options: CheckpointFileOptions): Promise<void> {
  const path = checkpointPath(options);
  await using store = await openCheckpointFile(options);
  void store;
  await unwritable(path, async () => {
    await rm(path, { force: true });
    await rm(previousOf(path), { force: true });
  });
}

function checkpointPath({ folder, pipeline }: CheckpointFileOptions): string {
  return join(folder, `${fileNameOf(pipeline)}.checkpoint.json`);
}

async function loadCheckpoint(path: string, pipeline: string): Promise<Checkpoint | null> {
  const place = `${path} (the copy before it is ${previousOf(path)})`;
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return null;
    throw unreadableCheckpoint(place, error);
  });
  return text === null ? null : parseCheckpoint(text, { place, pipeline });
}

class CheckpointFile implements CheckpointStore {
  readonly #path: string;
  readonly #pipeline: string;
  readonly #lock: FileLock;
  #hasPrevious = false;

  constructor(path: string, pipeline: string, lock: FileLock) {
    this.#path = path;
    this.#pipeline = pipeline;
    this.#lock = lock;
  }

  async load(): Promise<Checkpoint | null> {
    const checkpoint = await loadCheckpoint(this.#path, this.#pipeline);
    this.#hasPrevious ||= checkpoint !== null;
    return checkpoint;
  }

  async save(checkpoint: Checkpoint): Promise<void> {
    await unwritable(this.#path, async () => {
      await this.#lock.check();
      const fresh = `${this.#path}.new`;
      await writeDurably(fresh, `${JSON.stringify(checkpoint, null, 2)}\n`);
      if (this.#hasPrevious) await replacePrevious(this.#path);
      await rename(fresh, this.#path);
      await syncFolder(dirname(this.#path));
      this.#hasPrevious = true;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#lock[Symbol.asyncDispose]();
  }
}

function previousOf(path: string): string {
  return path.replace(/\.json$/, ".previous.json");
}

/** The old file under its second name: a hard link would do, but not on every file system. */
async function replacePrevious(path: string): Promise<void> {
  const previous = previousOf(path);
  await writeDurably(`${previous}.new`, await readFile(path));
  await rename(`${previous}.new`, previous);
}
