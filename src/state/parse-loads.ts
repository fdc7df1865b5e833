import type { LoadState, TableLoad } from "../core/load.ts";

const STATES: readonly LoadState[] = [
  "waiting",
  "running",
  "paused",
  "done",
  "cancelled",
  "failed",
];

/** Are these the loads of a checkpoint, as they were saved? */
export function areLoads(value: unknown): value is readonly TableLoad[] {
  return Array.isArray(value) && value.every(isLoad);
}

function isLoad(value: unknown): value is TableLoad {
  if (typeof value !== "object" || value === null) return false;
  const load = value as Readonly<Record<keyof TableLoad, unknown>>;
  return (
    typeof load.database === "string" &&
    typeof load.table === "string" &&
    areTexts(load.rules) &&
    (load.where === undefined || typeof load.where === "string") &&
    STATES.includes(load.state as LoadState) &&
    (load.key === null || areTexts(load.key)) &&
    (load.keyOrder === undefined || typeof load.keyOrder === "string") &&
    (load.after === null || areTexts(load.after)) &&
    (load.upTo === null || areTexts(load.upTo)) &&
    Number.isSafeInteger(load.rows)
  );
}

function areTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === "string");
}
