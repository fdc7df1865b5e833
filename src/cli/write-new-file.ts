import { writeFile } from "node:fs/promises";
import { TailraceError } from "../core/errors.ts";

/** Writes the file; false when it exists and may not be replaced (`force` absent). Throws CONFIG_UNREADABLE. */
export async function writeNewFile(
  path: string,
  text: string,
  force: true | undefined,
): Promise<boolean> {
  try {
    await writeFile(path, text, { flag: force ? "w" : "wx" });
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw new TailraceError("CONFIG_UNREADABLE", `${path} cannot be written`, { cause: error });
  }
}
