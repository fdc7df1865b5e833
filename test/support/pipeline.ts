import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseConfig } from "../../src/config/load.ts";
import { ofTopology } from "../../src/config/topology.ts";
import type { TailraceError } from "../../src/core/errors.ts";
import { runPipeline } from "../../src/pipeline/run-pipeline.ts";
import type { DirectStatus } from "../../src/pipeline/status.ts";
import type { StartRequest } from "../../src/pipeline/start.ts";
import type { TestTarget } from "./elasticsearch.ts";
import type { TestDatabase } from "./mysql.ts";
import { until } from "./until.ts";

/** A pipeline's configuration and folder, over several runs of it. */
export interface TestPipeline extends AsyncDisposable {
  /** Runs it until the returned scope ends. */
  start(options?: StartOptions): Promise<RunningPipeline>;
  /** What the dead-letter file holds. */
  deadLetters(): Promise<Record<string, unknown>[]>;
  checkpoint(): Promise<Record<string, unknown>>;
  writeCheckpoint(checkpoint: object): Promise<void>;
  /** The same pipeline, with its state, under other rules. */
  withRules(rules: string): TestPipeline;
  readonly statePath: string;
}

/** How a run differs from the configuration. */
export interface StartOptions {
  readonly from?: StartRequest;
  readonly acceptChanges?: boolean;
}

/** A run of a pipeline; disposing it drains and stops. */
export interface RunningPipeline extends AsyncDisposable {
  status(): DirectStatus;
  /** Resolves when everything that the source has logged until now is acknowledged. */
  caughtUp(): Promise<void>;
  /** Resolves with the error that ended the run. */
  readonly failure: Promise<TailraceError>;
  /** Messages logged at warn and error, in order. */
  readonly troubles: readonly string[];
}

/** What the test pipeline reads and writes. `rules` is TOML, `[[rules]]` tables. */
export interface TestPipelineOptions {
  readonly db: Omit<TestDatabase, "connection">;
  readonly target: TestTarget;
  readonly rules: string;
  /** More keys for `[source]` and `[sink]`, TOML. */
  readonly source?: string;
  readonly sink?: string;
  /** The keys of `[state]`; default: a file in the pipeline's folder. */
  readonly state?: string;
  /** What `[source]` says of the start; default: `start = "latest"`. */
  readonly begin?: string;
  /** More top-level keys, TOML. */
  readonly top?: string;
  /** More top-level sections, TOML. */
  readonly more?: string;
  readonly mysqlUrl?: URL;
  readonly elasticsearchUrl?: URL;
}

/** Other tests prepare XA transactions on the same server before a pipeline begins, and commit them while it runs. */
const FOREIGN_XA = "BINLOG_XA_UNKNOWN";

let serial = 0;

/** Makes a pipeline that begins where the server's log is now. */
export async function createTestPipeline(options: TestPipelineOptions): Promise<TestPipeline> {
  const folder = await mkdtemp(join(tmpdir(), "tailrace-test-"));
  serial += 1;
  return open(options, folder, serial);
}

function open(options: TestPipelineOptions, folder: string, number: number): TestPipeline {
  const { db } = options;
  const name = `test-${process.pid}-${number}`;
  const text = `
name = "${name}"
${options.top ?? ""}
[source]
url = "${(options.mysqlUrl ?? db.url).href}"
${options.begin ?? 'start = "latest"'}
server_id = ${500_000_000 + ((process.pid * 131 + number) % 400_000_000)}
heartbeat_interval = "1s"
${options.source ?? ""}
[sink]
hosts = ["${(options.elasticsearchUrl ?? options.target.url).origin}"]
${options.sink ?? ""}
[state]
${options.state ?? 'path = "state"'}
${options.more ?? ""}
${options.rules}`;
  const parsed = parseConfig(text, { syntax: "toml", file: "test.toml", folder });
  const config = ofTopology(parsed, "direct");
  const statePath = join(folder, "state");
  return {
    start: async (start = {}) => {
      const abort = new AbortController();
      const ready = Promise.withResolvers<() => DirectStatus>();
      const troubles: string[] = [];
      let status: () => DirectStatus;
      const note = (
        fields: { code?: string; err?: { code?: string; message?: string } },
        message: string,
      ): void => {
        if (fields.code === FOREIGN_XA) return;
        troubles.push(
          `${fields.code ?? fields.err?.code ?? ""} ${message} ${fields.err?.message ?? ""}`.trim(),
        );
      };
      const logger = { debug: () => {}, info: () => {}, warn: note, error: note };
      const ended = runPipeline(config, {
        signal: abort.signal,
        logger,
        from: start.from,
        acceptChanges: start.acceptChanges,
        onReady: (view) => {
          // called again when the pipeline was opened anew
          status = view.status;
          ready.resolve(status);
        },
      });
      const failure = ended.then(
        () => new Promise<TailraceError>(() => {}),
        (error: unknown) => error as TailraceError,
      );
      void failure.then((error) => ready.reject(error));
      status = await ready.promise;
      return {
        status: () => status(),
        failure,
        troubles,
        caughtUp: async () => {
          const end = await logEnd(db);
          await until("the pipeline has caught up", () => isAtOrBehind(end, status()), {
            timeoutMs: 30_000,
          }).catch((error: Error) => {
            throw new Error(`${error.message}; logged: ${troubles.join("; ")}`, { cause: error });
          });
        },
        [Symbol.asyncDispose]: async () => {
          abort.abort();
          await ended.catch(() => undefined);
        },
      };
    },
    deadLetters: async () => {
      const path = join(statePath, `${name}.dead-letters.ndjson`);
      const content = await readFile(path, "utf8").catch(() => "");
      return content
        .split("\n")
        .flatMap((line) => (line === "" ? [] : [JSON.parse(line) as Record<string, unknown>]))
        .filter((letter) => letter["code"] !== FOREIGN_XA);
    },
    checkpoint: async () =>
      JSON.parse(await readFile(join(statePath, `${name}.checkpoint.json`), "utf8")) as Record<
        string,
        unknown
      >,
    writeCheckpoint: (checkpoint) =>
      writeFile(join(statePath, `${name}.checkpoint.json`), JSON.stringify(checkpoint)),
    withRules: (rules) => open({ ...options, rules }, folder, number),
    statePath,
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

interface LogEnd {
  readonly file: string;
  readonly position: number;
}

async function logEnd(db: Pick<TestDatabase, "query">): Promise<LogEnd> {
  const [version] = await db.query<{ v: string }>("select version() v");
  const isMariadb = version?.v.includes("MariaDB") === true;
  const [row] = await db.query<{ File: string; Position: string }>(
    isMariadb ? "show master status" : "show binary log status",
  );
  return { file: row!.File, position: Number(row!.Position) };
}

function isAtOrBehind(end: LogEnd, status: DirectStatus): boolean {
  return status.file > end.file || (status.file === end.file && status.position >= end.position);
}
