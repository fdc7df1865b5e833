import type { Checkpoint } from "../core/checkpoint.ts";
import { TailraceError } from "../core/errors.ts";
import { areLoads } from "./parse-loads.ts";

/** Where a checkpoint was read, for messages, and whose it should be. */
export interface CheckpointOrigin {
  readonly place: string;
  readonly pipeline: string;
}

/** Reads a checkpoint's text. Throws STATE_UNREADABLE when it is damaged, STATE_FOREIGN when it is another pipeline's. */
export function parseCheckpoint(text: string, from: CheckpointOrigin): Checkpoint {
  let checkpoint: Partial<Checkpoint> | null;
  try {
    checkpoint = JSON.parse(text) as Partial<Checkpoint> | null;
  } catch (error) {
    throw unreadableCheckpoint(from.place, error);
  }
  const isWhole =
    checkpoint !== null &&
    typeof checkpoint === "object" &&
    checkpoint.format === 1 &&
    typeof checkpoint.pipeline === "string" &&
    typeof checkpoint.serverUuid === "string" &&
    typeof checkpoint.epoch === "number" &&
    typeof checkpoint.file === "string" &&
    Number.isSafeInteger(checkpoint.position) &&
    Array.isArray(checkpoint.gaps) &&
    (checkpoint.loads === undefined || areLoads(checkpoint.loads));
  if (!isWhole) {
    throw unreadableCheckpoint(from.place, new Error("it is no checkpoint of format 1"));
  }
  if (checkpoint!.pipeline !== from.pipeline) {
    throw new TailraceError(
      "STATE_FOREIGN",
      `${from.place} belongs to the pipeline ${checkpoint!.pipeline}, not ${from.pipeline}`,
    );
  }
  return checkpoint as Checkpoint;
}

/** The error for a checkpoint that cannot be read. */
export function unreadableCheckpoint(place: string, cause: unknown): TailraceError {
  return new TailraceError("STATE_UNREADABLE", `${place}: ${(cause as Error).message}`, { cause });
}
