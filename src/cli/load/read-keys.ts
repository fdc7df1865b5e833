import { readFile } from "node:fs/promises";
import { TailraceError } from "../../core/errors.ts";
import { JsonNumber, parseExact } from "../../core/exact-json.ts";

/** Values of a key's columns, in the key's order. */
export type KeyValues = readonly string[];

/** Reads `--keys`: values between commas, or a JSON array of values or, for keys of several columns, of arrays. Throws CONFIG_INVALID. */
export function parseKeys(text: string): readonly KeyValues[] {
  if (!text.trimStart().startsWith("["))
    return text
      .split(",")
      .map((value) => value.trim())
      .filter((value) => value !== "")
      .map((value) => [value]);
  return parseArray(text, "--keys").map((key) =>
    Array.isArray(key) ? key.map(toText) : [toText(key)],
  );
}

/** Reads `--keys-from`: a key a line, as it is, or as a JSON array of its values. Throws CONFIG_UNREADABLE, CONFIG_INVALID. */
export async function readKeys(path: string): Promise<readonly KeyValues[]> {
  const text = await readFile(path, "utf8").catch((error: unknown) => {
    const why = error instanceof Error ? error.message : String(error);
    throw new TailraceError("CONFIG_UNREADABLE", `${path}: ${why}`, { cause: error });
  });
  return text
    .split(/\r?\n/)
    .filter((line) => line !== "")
    .map((line) => (line.startsWith("[") ? parseArray(line, path).map(toText) : [line]));
}

function parseArray(text: string, where: string): readonly unknown[] {
  try {
    const value = parseExact(text);
    if (Array.isArray(value)) return value as unknown[];
  } catch (error) {
    throw invalid(where, error);
  }
  throw invalid(where);
}

function toText(value: unknown): string {
  if (value instanceof JsonNumber) return value.text;
  if (typeof value === "string") return value;
  throw new TailraceError("CONFIG_INVALID", "a key's value is neither a text nor a number");
}

function invalid(where: string, cause?: unknown): TailraceError {
  return new TailraceError(
    "CONFIG_INVALID",
    `${where}: keys are a list of values, or a JSON array`,
    {
      cause,
    },
  );
}
