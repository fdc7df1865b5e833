import { join } from "node:path";
import type { Connection } from "mysql2/promise";
import type { LogStatusLine, StatusLine, SyncStatusLine } from "../../src/observe/status-line.ts";
import { isCaughtUp, type LogEnd } from "../support/log-end.ts";
import { type PipelineProcess, startPipelineProcess } from "../support/pipeline-process.ts";
import { SHOP_TABLES } from "./shop-tables.ts";

/** The processes that keep the shop's documents in step. Disposing kills those that still run. */
export interface DemoPipelines extends AsyncDisposable {
  /** What they are, for the screen. */
  readonly title: string;
  /** Resolves when one has ended. */
  readonly ended: Promise<unknown>;
  /** The log of one that has ended, or null while all run. */
  readonly endedLog: string | null;
  /** The last statuses, null where there was none yet. */
  readonly statuses: readonly (StatusLine | null)[];
  /** What the live line says of them. */
  describe(): readonly string[];
  /** What is being loaded, in words; null = nothing at the moment. */
  readonly loading: string | null;
  /** Commit in MySQL to acknowledgement by Elasticsearch: of the last transaction, or so far of the one that is waited for. */
  lagMs(): number;
  /** Is everything up to there in Elasticsearch? */
  hasReached(connection: Connection, end: LogEnd): Promise<boolean>;
  /** Lets all drain; throws when one does not end with 0. */
  stop(): Promise<void>;
}

interface RunningProcess<Line extends StatusLine = StatusLine> {
  readonly process: PipelineProcess<Line>;
  readonly logFile: string;
}

/** Starts `tailrace run`. */
export function startDirect(config: string, folder: string): DemoPipelines {
  const logFile = join(folder, "tailrace.log");
  const process = startPipelineProcess({ config, logFile });
  return {
    ...common([{ process, logFile }]),
    title: "tailrace run",
    get endedLog() {
      return endedLog([{ process, logFile }]);
    },
    get statuses() {
      return [process.status];
    },
    describe: () => describeSinks([process.status]),
    get loading() {
      return process.status?.loading ?? null;
    },
    lagMs: () => lagMs(process.status),
    hasReached: (connection, end) => isCaughtUp(connection, process.status, end),
  };
}

const SYNCS = 2;
/** What `create_topics` gives each topic by default. */
const PARTITIONS = 12 * SHOP_TABLES.length;

/** Starts `tailrace run --part capture` once and `tailrace run --part sync` twice. */
export function startWithKafka(config: string, folder: string): DemoPipelines {
  const start = <Line extends StatusLine>(
    part: "capture" | "sync",
    name: string,
  ): RunningProcess<Line> => {
    const logFile = join(folder, `tailrace-${name}.log`);
    return { process: startPipelineProcess<Line>({ config, part, logFile }), logFile };
  };
  const capture = start<LogStatusLine>("capture", "capture");
  const syncs = Array.from({ length: SYNCS }, (_, i) =>
    start<SyncStatusLine>("sync", `sync-${i + 1}`),
  );
  const all: readonly RunningProcess[] = [capture, ...syncs];
  const lines = (): readonly (SyncStatusLine | null)[] =>
    syncs.map(({ process }) => process.status);
  let capturedAt: { readonly end: LogEnd; readonly time: string } | null = null;
  return {
    ...common(all),
    title: `1 capture and ${SYNCS} syncs`,
    get endedLog() {
      return endedLog(all);
    },
    get statuses() {
      return all.map(({ process }) => process.status);
    },
    describe: () => [
      ...describeSinks(lines()),
      `${lines()
        .map((line) => line?.partitions ?? 0)
        .join(" + ")} partitions`,
    ],
    get loading() {
      return lines().find((line) => line?.loading)?.loading ?? null;
    },
    lagMs: () => Math.max(...lines().map(lagMs)),
    hasReached: async (connection, end) => {
      const { status } = capture.process;
      if (!(await isCaughtUp(connection, status, end))) return false;
      if (capturedAt?.end !== end) capturedAt = { end, time: status?.time ?? "" };
      // What the topics held then, the syncs know of in a later status.
      const { time } = capturedAt;
      const taken = lines().reduce((sum, line) => sum + (line?.partitions ?? 0), 0);
      return taken === PARTITIONS && lines().every((line) => isIdleSince(line, time));
    },
  };
}

/** How long a fetch may take to tell where a partition ends, ms. */
const FETCH_MS = 1_000;

function isIdleSince(line: SyncStatusLine | null, time: string): boolean {
  if (line === null || Date.parse(line.time) < Date.parse(time) + FETCH_MS) return false;
  return line.lag_s === 0 && line.records_pending === 0 && line.rows_in_flight === 0;
}

function common(
  all: readonly RunningProcess[],
): Pick<DemoPipelines, "ended" | "stop" | typeof Symbol.asyncDispose> {
  return {
    ended: Promise.race(all.map(({ process }) => process.exited)),
    stop: async () => {
      // One after the other, so that the last sync takes over what the others have left.
      for (const { process } of all) {
        const exit = await process.stop();
        if (exit.code === 0) continue;
        const how = exit.signal ?? `exit code ${exit.code}`;
        throw new Error(`tailrace ended with ${how} when stopped`);
      }
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all(all.map(({ process }) => process[Symbol.asyncDispose]()));
    },
  };
}

function endedLog(all: readonly RunningProcess[]): string | null {
  return all.find(({ process }) => process.exit !== null)?.logFile ?? null;
}

function describeSinks(lines: readonly (StatusLine | null)[]): readonly string[] {
  const known = lines.filter((line) => line !== null);
  if (known.length === 0) return ["pipeline starting"];
  const waiting = known.find((line) => line.waiting_for !== null);
  if (waiting !== undefined) return [`waiting: ${waiting.waiting_for}`];
  const rows = known.reduce((sum, line) => sum + line.rows_per_s, 0);
  const lag = Math.max(...known.map(lagMs));
  return [`${pad(rows, 6)} rows/s`, `lag ${pad(lag, 3)} ms`];
}

function lagMs(line: StatusLine | null): number {
  return line?.latency_ms ?? (line?.lag_s ?? 0) * 1000;
}

function pad(value: number, width: number): string {
  return Math.round(value).toLocaleString("en-US").padStart(width);
}
