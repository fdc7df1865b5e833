import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseConfig } from "../../src/config/load.ts";
import { ofTopology } from "../../src/config/topology.ts";
import type { DirectConfig } from "../../src/config/config.ts";
import type { LoadRequest } from "../../src/pipeline/load/load-control.ts";
import type { ReloadRequests } from "../../src/pipeline/reload-requests.ts";
import type { DirectStatus } from "../../src/pipeline/status.ts";
import type { StartRequest } from "../../src/pipeline/start.ts";
import type { TestTarget } from "./elasticsearch.ts";
import type { TestDatabase } from "./mysql.ts";
import {
  hasReached,
  logEnd,
  type PipelineRun,
  readLetters,
  startPipeline,
} from "./pipeline-run.ts";
import { until } from "./until.ts";

/** A pipeline's configuration and folder, over several runs of it. */
export interface TestPipeline extends AsyncDisposable {
  readonly config: DirectConfig;
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
  readonly reloads?: ReloadRequests;
  readonly loads?: readonly LoadRequest[];
}

/** A run of a pipeline; disposing it drains and stops. */
export interface RunningPipeline extends PipelineRun<DirectStatus> {
  /** Resolves when everything that the source has logged until now is acknowledged. */
  caughtUp(): Promise<void>;
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
    config,
    start: async (start = {}) => {
      const run = await startPipeline(config, start);
      return {
        ...run,
        caughtUp: async () => {
          const end = await logEnd(db);
          await until("the pipeline has caught up", () => hasReached(run.status(), end), {
            timeoutMs: 30_000,
          }).catch((error: Error) => {
            const logged = run.troubles.join("; ");
            throw new Error(`${error.message}; logged: ${logged}`, { cause: error });
          });
        },
      };
    },
    deadLetters: () => readLetters(join(statePath, `${name}.dead-letters.ndjson`)),
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
