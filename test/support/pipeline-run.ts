import { readFile } from "node:fs/promises";
import type { PipelineConfig } from "../../src/config/config.ts";
import type { TailraceError } from "../../src/core/errors.ts";
import type { LoadControl } from "../../src/pipeline/load/load-control.ts";
import type { RunOptions } from "../../src/pipeline/run-options.ts";
import { runPipeline } from "../../src/pipeline/run-pipeline.ts";
import type { StatusOf } from "../../src/pipeline/status.ts";
import type { TestDatabase } from "./mysql.ts";

/** A run of a pipeline; disposing it drains and stops. */
export interface PipelineRun<Status> extends AsyncDisposable {
  /** Throws before it runs. */
  status(): Status;
  /** The means to load tables; undefined where there are none. */
  loads(): LoadControl | undefined;
  /** Resolves with the error that ended the run. */
  readonly failure: Promise<TailraceError>;
  /** What was logged at warn and error, in order. */
  readonly troubles: readonly string[];
  /** What was logged at info. */
  readonly news: readonly string[];
}

/** How a run differs from the configuration. */
export type PipelineRunOptions<Config extends PipelineConfig> = Pick<
  RunOptions<Config>,
  "from" | "seekTo" | "acceptChanges" | "reloads" | "capture" | "loads"
> & {
  /** Do not wait until it runs or stands by. */
  readonly noWait?: boolean;
};

/** Other tests prepare XA transactions on the same server before a pipeline begins, and commit them while it runs. */
const FOREIGN_XA = "BINLOG_XA_UNKNOWN";

/** Runs a pipeline in this process until the returned scope ends; resolves when it runs, rejects with what keeps it from running. */
export async function startPipeline<Config extends PipelineConfig>(
  config: Config,
  { noWait = false, ...options }: PipelineRunOptions<Config> = {},
): Promise<PipelineRun<StatusOf<Config>>> {
  const abort = new AbortController();
  const ready = Promise.withResolvers<void>();
  const troubles: string[] = [];
  const news: string[] = [];
  let status: (() => StatusOf<Config>) | undefined;
  let loads: LoadControl | undefined;
  const note =
    (lines: string[]) =>
    (
      { code, err }: { code?: string; err?: { code?: string; message?: string } },
      message: string,
    ): void => {
      if (code === FOREIGN_XA) return;
      lines.push(`${code ?? err?.code ?? ""} ${message} ${err?.message ?? ""}`.trim());
    };
  const ended = runPipeline(config, {
    signal: abort.signal,
    logger: { debug: () => {}, info: note(news), warn: note(troubles), error: note(troubles) },
    ...options,
    onReady: (view) => {
      // called again when the pipeline was opened anew
      status = view.status;
      loads = view.loads;
      ready.resolve();
    },
  });
  const failure = ended.then(
    () => new Promise<TailraceError>(() => {}),
    (error: unknown) => error as TailraceError,
  );
  void failure.then((error) => ready.reject(error));
  if (noWait) ready.promise.catch(() => undefined);
  else await ready.promise;
  return {
    status: () => {
      if (status === undefined) throw new Error("the pipeline has not begun");
      return status();
    },
    loads: () => loads,
    failure,
    troubles,
    news,
    [Symbol.asyncDispose]: async () => {
      abort.abort();
      await ended.catch(() => undefined);
    },
  };
}

/** Dead letters that are of this test. */
export function ownLetters(letters: readonly Record<string, unknown>[]): Record<string, unknown>[] {
  return letters.filter((letter) => letter["code"] !== FOREIGN_XA);
}

/** What a file of dead letters holds; nothing while it is not there. */
export async function readLetters(path: string): Promise<Record<string, unknown>[]> {
  const content = await readFile(path, "utf8").catch(() => "");
  const lines = content.split("\n").filter((line) => line !== "");
  return ownLetters(lines.map((line) => JSON.parse(line) as Record<string, unknown>));
}

/** A place in a server's log. */
export interface LogEnd {
  readonly file: string;
  readonly position: number;
}

/** The end of the server's log now. */
export async function logEnd(db: Pick<TestDatabase, "query">): Promise<LogEnd> {
  const [version] = await db.query<{ v: string }>("select version() v");
  const isMariadb = version?.v.includes("MariaDB") === true;
  const [row] = await db.query<{ File: string; Position: string }>(
    isMariadb ? "show master status" : "show binary log status",
  );
  return { file: row!.File, position: Number(row!.Position) };
}

/** Has a pipeline acknowledged everything before the place? */
export function hasReached(status: LogEnd, end: LogEnd): boolean {
  return status.file > end.file || (status.file === end.file && status.position >= end.position);
}
