import { open } from "node:fs/promises";

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
