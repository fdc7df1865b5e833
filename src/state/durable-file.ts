import { open, rename } from "node:fs/promises";
import { dirname } from "node:path";
import { TailraceError } from "../core/errors.ts";

/** A pipeline's name as a file name; names that differ give names that differ. */
export function fileNameOf(pipeline: string): string {
  return pipeline.replaceAll(
    /[^a-zA-Z0-9_-]/g,
    (character) => `%${character.codePointAt(0)!.toString(16)}`,
  );
}

/** Writes a file; its content is on disk when it resolves, its name when the folder is flushed too. */
export async function writeDurably(path: string, content: string | Buffer): Promise<void> {
  const file = await open(path, "w");
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Flushes a folder to disk: files that were renamed or removed in it stay so. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** Replaces a file by the value as JSON, as a whole: written beside it, flushed to disk, renamed over it, the folder flushed. */
export async function replaceJson(path: string, value: unknown): Promise<void> {
  await writeDurably(`${path}.new`, `${JSON.stringify(value, null, 2)}\n`);
  await rename(`${path}.new`, path);
  await syncFolder(dirname(path));
}

/** Carries out what writes a file of ours. Rejects with STATE_UNWRITABLE where the file system does. */
export async function unwritable<T>(path: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (error instanceof TailraceError) throw error;
    throw new TailraceError("STATE_UNWRITABLE", `${path}: ${(error as Error).message}`, {
      cause: error,
    });
  }
}
