import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CaptureConfig, OffsetStart, SyncConfig } from "../../src/config/config.ts";
import { parseConfig } from "../../src/config/load.ts";
import { ofTopology } from "../../src/config/topology.ts";
import type { TailraceError } from "../../src/core/errors.ts";
import type { ReloadRequests } from "../../src/pipeline/reload-requests.ts";
import type { SyncStatus } from "../../src/pipeline/status.ts";
import type { TestTarget } from "./elasticsearch.ts";
import type { TestTopics } from "./kafka-topics.ts";
import { type PipelineRun, readLetters, startPipeline } from "./pipeline-run.ts";
import { until } from "./until.ts";

/** A sync's configuration, over several runs and instances of it. */
export interface TestSync extends AsyncDisposable {
  readonly config: SyncConfig;
  readonly group: string;
  /** Runs an instance until the returned scope ends. */
  start(options?: SyncRunOptions): Promise<RunningSync>;
  /** Runs it, with this configuration, until it fails, and resolves with the error. */
  runToFailure(config?: SyncConfig, options?: SyncRunOptions): Promise<TailraceError>;
  /** What the dead-letter file holds. */
  deadLetters(): Promise<Record<string, unknown>[]>;
  /** The same sync, with its state, configured otherwise. */
  with(more: Partial<TestSyncOptions>): TestSync;
}

/** How a run differs from the configuration. */
export interface SyncRunOptions {
  readonly seekTo?: OffsetStart;
  readonly acceptChanges?: boolean;
  readonly reloads?: ReloadRequests;
  /** The capture that writes the records. */
  readonly capture?: CaptureConfig;
}

/** An instance that runs; disposing it drains and stops. */
export interface RunningSync extends PipelineRun<SyncStatus> {
  /** Resolves when the group has committed these offsets of the topic's partitions. */
  committed(topic: string, offsets: readonly number[]): Promise<void>;
  /** Resolves when the sync's state tells that all partitions have offsets. */
  begun(): Promise<void>;
}

/** What the sync reads and writes. `rules` is TOML, `[[rules]]` tables. */
export interface TestSyncOptions {
  readonly topics: TestTopics;
  readonly names: readonly string[];
  readonly target: TestTarget;
  readonly rules: string;
  /** More keys for `[source]` and `[sink]`, TOML; the source begins at the earliest records unless it says otherwise. */
  readonly source?: string;
  readonly sink?: string;
  /** More top-level keys, TOML. */
  readonly top?: string;
  readonly elasticsearchUrl?: URL;
}

/** Makes a sync that begins at the topics' earliest records. */
export async function createTestSync(options: TestSyncOptions): Promise<TestSync> {
  const folder = await mkdtemp(join(tmpdir(), "tailrace-sync-"));
  return open(options, folder);
}

function open(options: TestSyncOptions, folder: string): TestSync {
  const { topics, target } = options;
  const name = `${topics.prefix}sync`;
  const { source = "", sink = "", top = "", rules } = options;
  const text = `
name = "${name}"
${top}
[source]
type = "kafka"
brokers = ["${topics.broker}"]
topics = ${JSON.stringify(options.names)}
${source.includes("start") ? "" : 'start = "earliest"'}
${source}
[sink]
hosts = ["${(options.elasticsearchUrl ?? target.url).origin}"]
${sink}
[state]
type = "elasticsearch"
index = "${target.prefix}state"
[dead_letters]
type = "file"
path = "letters"
${rules}`;
  const parsed = parseConfig(text, { syntax: "toml", file: "test.toml", folder });
  const config = ofTopology(parsed, "sync");
  const { group } = config.source;
  return {
    config,
    group,
    start: (run = {}) => start(options, config, run),
    runToFailure: (other = config, run = {}) =>
      start(options, other, run).then(
        async (running) => {
          await using _ = running;
          return await running.failure;
        },
        (error: unknown) => error as TailraceError,
      ),
    deadLetters: () => readLetters(join(folder, "letters", `${name}.dead-letters.ndjson`)),
    with: (more) => open({ ...options, ...more }, folder),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

async function start(
  { topics, target }: TestSyncOptions,
  config: SyncConfig,
  options: SyncRunOptions,
): Promise<RunningSync> {
  const run = await startPipeline(config, options);
  return {
    ...run,
    begun: async () => {
      await until("all partitions have offsets", async () => {
        const state = await target.get(`${target.prefix}state`, `sync:${config.name}`);
        const { topics: known } = state!._source["sync"] as {
          topics: Record<string, { begun: unknown }>;
        };
        return Object.values(known).every(({ begun }) => begun !== null);
      });
    },
    committed: async (topic, offsets) => {
      const { group } = config.source;
      await until(
        `group ${group} has committed ${offsets.join(", ")} of ${topic}`,
        async () => {
          const committed = await topics.committed(group, topic);
          return committed.join() === offsets.join();
        },
        { timeoutMs: 30_000 },
      ).catch(async (error: Error) => {
        const committed = await topics.committed(group, topic);
        const logged = run.troubles.join("; ");
        throw new Error(`${error.message}: ${committed.join()}; logged: ${logged}`, {
          cause: error,
        });
      });
    },
  };
}
