import { isDeepStrictEqual } from "node:util";
import type { PipelineConfig } from "../config/config.ts";
import { TailraceError } from "../core/errors.ts";

/** What must happen for a running pipeline to go by another configuration: nothing, other rules in the same stages, or stages opened anew. */
export type ReloadScope = "nothing" | "rules" | "stages";

/** What a process cannot change while it runs, and why. */
const FIXED = {
  name: "it names the checkpoint",
  topology: "it would be another pipeline",
  state: "the checkpoint would stay behind",
  log: "the logger is set up when the process starts",
  admin: "its endpoints are opened when the process starts",
} as const;

/** Compares two configurations of a pipeline. Throws CONFIG_RELOAD_REFUSED when the change takes a new process. */
export function reloadScope(current: PipelineConfig, next: PipelineConfig): ReloadScope {
  const [before, after] = [current, next] as unknown as readonly [Part, Part];
  for (const [key, why] of Object.entries(FIXED)) {
    if (isDeepStrictEqual(before[key], after[key])) continue;
    throw new TailraceError(
      "CONFIG_RELOAD_REFUSED",
      `${key} cannot change while ${current.name} runs: ${why}`,
    );
  }
  const isSameRules = isDeepStrictEqual(rulesThatCount(current), rulesThatCount(next));
  // tests of rules change nothing
  const others = { rules: [], tests: [] };
  if (!isDeepStrictEqual({ ...current, ...others }, { ...next, ...others })) return "stages";
  if (!isSameRules && [...current.rules, ...next.rules].some(followsForeignKeys)) return "stages";
  // a script may have changed behind the same path
  const hasScripts =
    next.topology !== "capture" && next.rules.some((rule) => rule.transform !== undefined);
  return isSameRules && !hasScripts ? "nothing" : "rules";
}

/** Which tables are captured for their foreign keys is found out when stages open. */
function followsForeignKeys({ cascade }: PipelineConfig["rules"][number]): boolean {
  return cascade === "synthesize";
}

/** Of a capture, the tables. */
function rulesThatCount({ topology, rules }: PipelineConfig): unknown {
  return topology === "capture" ? rules.map((rule) => rule.table).toSorted() : rules;
}

type Part = Readonly<Record<string, unknown>>;
