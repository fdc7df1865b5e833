import { TailraceError } from "../core/errors.ts";
import type { RebuildState } from "../core/rebuild.ts";

/** Reads the state of a rebuild. `place` is for messages. Throws STATE_UNREADABLE. */
export function parseRebuild(value: unknown, place: string): RebuildState {
  const state = value as Partial<RebuildState> | null | undefined;
  const isWhole =
    state?.format === 1 &&
    typeof state.name === "string" &&
    typeof state.phase === "string" &&
    typeof state.oldIndex === "string" &&
    typeof state.newIndex === "string";
  if (isWhole) return state as RebuildState;
  throw new TailraceError("STATE_UNREADABLE", `${place}: it is no rebuild of format 1`);
}
