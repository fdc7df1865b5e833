import { randomBytes } from "node:crypto";
import { mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { TailraceError } from "../core/errors.ts";
import { snapshotOf, type ConfigSnapshot } from "./sources/source.ts";

/** Keeps the configuration in a file that only we can read (mode 0600), whole or not at all. Throws CONFIG_UNREADABLE when it cannot be written. */
export async function saveLocalCopy(path: string, snapshot: ConfigSnapshot): Promise<void> {
  const { name, texts } = snapshot;
  const partial = `${path}.${randomBytes(6).toString("hex")}.partial`;
  try {
    await mkdir(dirname(path), { recursive: true });
    const file = await open(partial, "wx", 0o600);
    try {
      await file.writeFile(`${JSON.stringify({ name, texts }, null, 2)}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true }).catch(() => undefined);
    throw new TailraceError(
      "CONFIG_UNREADABLE",
      `the local copy of the configuration cannot be written to ${path}`,
      { cause: error },
    );
  }
}

/** The configuration kept in the file. Throws CONFIG_UNREADABLE when there is none, or one of another source than `name`. */
export async function readLocalCopy(path: string, name: string): Promise<ConfigSnapshot> {
  let copy: Pick<ConfigSnapshot, "name" | "texts">;
  try {
    copy = JSON.parse(await readFile(path, "utf8")) as typeof copy;
  } catch (cause) {
    // a parser's message would quote the text
    const error = cause as NodeJS.ErrnoException;
    throw new TailraceError(
      "CONFIG_UNREADABLE",
      `there is no usable local copy of the configuration at ${path}`,
      error.code === undefined ? {} : { cause },
    );
  }
  if (copy.name === name) return snapshotOf(name, copy.texts);
  throw new TailraceError(
    "CONFIG_UNREADABLE",
    `the local copy at ${path} is of ${copy.name}, not of ${name}`,
  );
}
