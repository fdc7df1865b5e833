import { readFile } from "node:fs/promises";
import type { OffsetStart } from "../config/config.ts";
import { parseTime } from "../config/units.ts";
import { TailraceError } from "../core/errors.ts";

/**
 * Reads the value of `--to`: `earliest`, `latest`, a time with its zone, or the path of a JSON file with offsets by topic and partition. Throws CONFIG_UNREADABLE,
 * CONFIG_INVALID.
 */
export async function readSeekTarget(text: string): Promise<OffsetStart> {
  if (text === "earliest" || text === "latest") return { kind: text };
  const timestampMs = parseTime(text);
  if (timestampMs !== null) return { kind: "timestamp", timestampMs };
  if (/^\d{4}-\d\d-\d\d/.test(text))
    throw new TailraceError(
      "CONFIG_INVALID",
      `--to ${text} is no time with its zone, such as 2026-11-23T10:00:00Z`,
    );
  let content: unknown;
  try {
    content = JSON.parse(await readFile(text, "utf8"));
  } catch (error) {
    throw new TailraceError(
      "CONFIG_UNREADABLE",
      `--to must be earliest, latest, a time such as 2026-11-23T10:00:00Z, or a JSON file; "${text}" cannot be read as one`,
      { cause: error },
    );
  }
  return { kind: "offsets", offsets: parseOffsets(content, text) };
}

type Offsets = Record<string, Record<string, number>>;

function parseOffsets(content: unknown, file: string): Offsets {
  const isObject = (value: unknown): value is Record<string, unknown> =>
    typeof value === "object" && value !== null && !Array.isArray(value);
  const isOffset = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 0;
  const isWhole =
    isObject(content) &&
    Object.values(content).every(
      (partitions) =>
        isObject(partitions) &&
        Object.entries(partitions).every(([number, at]) => /^\d+$/.test(number) && isOffset(at)),
    );
  if (isWhole) return content as Offsets;
  throw new TailraceError(
    "CONFIG_INVALID",
    `${file} must hold offsets by topic and partition, such as {"orders": {"0": 42, "1": 7}}`,
  );
}
