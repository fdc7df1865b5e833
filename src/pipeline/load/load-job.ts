import { createHash } from "node:crypto";
import type { DirectConfig, RuleConfig, SyncConfig } from "../../config/config.ts";
import type { Clock } from "../../core/clock.ts";
import { TailraceError } from "../../core/errors.ts";
import type { JsonClient } from "../../core/json-client.ts";
import type { TableLoad } from "../../core/load.ts";
import type { Logger } from "../../core/logger.ts";
import { JobJournal, type LoadJob, type LoadJobStore } from "./load-journal.ts";
import { openLoadFile } from "./load-journal-file.ts";
import { openLoadIndex } from "./load-journal-index.ts";

/** What tells one job from another. */
export interface JobRequest {
  readonly table?: string | undefined;
  readonly rule?: string | undefined;
  readonly where?: string | undefined;
  /** Values of the key's columns of each row. */
  readonly keys?: readonly (readonly string[])[] | undefined;
}

/** Opens the store of the loads that `tailrace load` works at, and holds it. Throws STATE_FOREIGN while another process does. */
export async function openJobStore(
  { name: pipeline, state }: Pick<DirectConfig | SyncConfig, "name" | "state">,
  {
    client,
    clock,
    signal,
  }: { readonly client: JsonClient; readonly clock: Clock; readonly signal: AbortSignal },
): Promise<LoadJobStore> {
  if (state.type === "file") return openLoadFile({ folder: state.path, pipeline });
  const place = { client, index: state.index, pipeline, kind: "load" } as const;
  const store = await openLoadIndex({ ...place, clock, signal });
  if (store !== null) return store;
  throw new TailraceError("STATE_FOREIGN", `the loads of ${pipeline} are held by another process`);
}

/** A job as it stands. */
export interface OpenJob {
  readonly journal: JobJournal;
  /** Goes on where an earlier life was. */
  readonly isResumed: boolean;
  /** When the job was begun first, ms since 1970. */
  readonly begunMs: number;
}

/**
 * The job that was asked for: that of the store when it is the same and has not ended, else a new one in its place. `nowMs` is when a new one begins. Throws STATE_*.
 */
export async function openJob(
  store: LoadJobStore,
  options: {
    readonly pipeline: string;
    readonly request: JobRequest;
    /** Those of a new job. */
    readonly loads: readonly TableLoad[];
    /** That make the documents: with others what was loaded is not what the rest would be. */
    readonly rules: readonly RuleConfig[];
    readonly isAnew: boolean;
    readonly nowMs: number;
    readonly clock: Clock;
    readonly logger: Pick<Logger, "warn">;
  },
): Promise<OpenJob> {
  const { pipeline, request, rules, isAnew, nowMs, clock, logger } = options;
  const before = await store.load();
  const job = describeJob(request, rules);
  const isUnfinished = before !== null && !isFinished(before);
  if (isUnfinished && before.job === job && !isAnew) {
    const loads = before.loads.map(again);
    const journal = new JobJournal(store, { ...before, loads }, clock);
    return { journal, isResumed: true, begunMs: before.begunMs ?? nowMs };
  }
  if (isUnfinished && !isAnew)
    logger.warn({}, "another load that was not finished is given up: what it had loaded stays");
  const keys = request.keys?.length;
  const fresh = { pipeline, job, loads: options.loads, keys, begunMs: nowMs };
  const journal = new JobJournal(store, fresh, clock);
  await journal.save();
  return { journal, isResumed: false, begunMs: nowMs };
}

function isFinished({ loads, keys, keysDone = 0 }: LoadJob): boolean {
  return keys !== undefined
    ? keysDone >= keys
    : loads.every(({ state }) => state === "done" || state === "cancelled");
}

/** One that failed is tried again behind what it had loaded. */
function again(load: TableLoad): TableLoad {
  if (load.state !== "failed" && load.state !== "paused") return load;
  return { ...load, state: "waiting", finishedAt: null, error: undefined };
}

/** Keys may be many, and are values of rows. */
function describeJob(
  { table, rule, where, keys }: JobRequest,
  rules: readonly RuleConfig[],
): string {
  return JSON.stringify({ table, rule, where, keys: keys && digest(keys), rules: digest(rules) });
}

function digest(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("hex").slice(0, 32);
}
