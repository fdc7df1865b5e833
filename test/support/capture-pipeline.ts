import { randomInt } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CaptureConfig } from "../../src/config/config.ts";
import { parseConfig } from "../../src/config/load.ts";
import { ofTopology } from "../../src/config/topology.ts";
import { openCluster } from "../../src/kafka/cluster.ts";
import type { CaptureStatus } from "../../src/pipeline/status.ts";
import type { TestTopics } from "./kafka-topics.ts";
import type { TestDatabase } from "./mysql.ts";
import { hasReached, logEnd, ownLetters, type PipelineRun, startPipeline } from "./pipeline-run.ts";
import { readTopic, type ReadRecord } from "./read-topic.ts";
import { until } from "./until.ts";

/** A capture's configuration, over several runs and processes of it. */
export interface TestCapture extends AsyncDisposable {
  readonly config: CaptureConfig;
  /** The configuration as a file, for processes. */
  readonly configPath: string;
  /** Runs it until the returned scope ends. */
  start(options?: CaptureRunOptions): Promise<RunningCapture>;
  /** The committed records of a table's topic. */
  records(table: string): Promise<ReadRecord[]>;
  /** The last checkpoint that is kept. */
  checkpoint(): Promise<Record<string, unknown>>;
  /** The positions of all checkpoints that the topic has kept so far. */
  checkpoints(): Promise<number[]>;
  /** What was stored of rows that could not be delivered. */
  deadLetters(): Promise<Record<string, unknown>[]>;
  /** Resolves when everything that MySQL has logged until now is acknowledged by what runs. */
  caughtUp(run: Pick<RunningCapture, "status">): Promise<void>;
}

/** How a run differs. */
export interface CaptureRunOptions {
  readonly acceptChanges?: boolean;
  /** Do not wait until it runs or stands by. */
  readonly noWait?: boolean;
}

/** A run of a capture; disposing it drains and stops. */
export type RunningCapture = PipelineRun<CaptureStatus>;

/** What the capture reads and writes. */
export interface TestCaptureOptions {
  readonly db: Pick<TestDatabase, "name" | "url" | "query">;
  readonly topics: TestTopics;
  /** More keys for `[source]` and `[sink]`, TOML. */
  readonly source?: string;
  readonly sink?: string;
  /** The keys of `[state]`; default: a topic. */
  readonly state?: string;
  readonly top?: string;
  /** `[[rules]]` tables; default: all tables of the schema. */
  readonly rules?: string;
  readonly mysqlUrl?: URL;
  readonly broker?: string;
}

/** Makes a capture of a schema's tables, each into `PREFIX<table>`, that begins where the server's log is now. */
export async function createTestCapture(options: TestCaptureOptions): Promise<TestCapture> {
  const { db, topics } = options;
  const folder = await mkdtemp(join(tmpdir(), "tailrace-capture-"));
  const name = `${topics.prefix}capture`;
  const text = `
name = "${name}"
${options.top ?? ""}
[source]
url = "${(options.mysqlUrl ?? db.url).href}"
start = "latest"
server_id = ${randomInt(1_000_000_000, 2_000_000_000)}
heartbeat_interval = "1s"
${options.source ?? ""}
[sink]
type = "kafka"
brokers = ["${options.broker ?? topics.broker}"]
topic = "${topics.prefix}{table}"
${options.sink?.includes("create_topics") ? "" : "create_topics = { partitions = 4, replication = 1 }"}
${options.sink ?? ""}
[state]
${options.state ?? `type = "kafka"\ntopic = "${topics.prefix}checkpoints"`}
[dead_letters]
type = "kafka"
topic = "${topics.prefix}letters"
${options.rules ?? `[[rules]]\ntable = "${db.name}.*"`}`;
  const configPath = join(folder, "capture.toml");
  await writeFile(configPath, text);
  const parsed = parseConfig(text, { syntax: "toml", file: configPath, folder });
  const config = ofTopology(parsed, "capture");
  return {
    config,
    configPath,
    start: (run = {}) => startPipeline(config, run),
    records: (table) => readTopic(topics.broker, `${topics.prefix}${table}`),
    checkpoint: async () => {
      if (config.state.type === "file") {
        const path = join(config.state.path, `${name}.checkpoint.json`);
        return JSON.parse(await readFile(path, "utf8")) as Record<string, unknown>;
      }
      const records = await readTopic(topics.broker, config.state.topic);
      return JSON.parse(records.at(-1)?.value ?? "null") as Record<string, unknown>;
    },
    checkpoints: async () =>
      (await readTopic(topics.broker, `${topics.prefix}checkpoints`)).map(
        ({ value }) => (JSON.parse(value ?? "null") as { position: number }).position,
      ),
    deadLetters: async () => {
      const letters = await readTopic(topics.broker, `${topics.prefix}letters`);
      return ownLetters(
        letters.map(({ value }) => JSON.parse(value ?? "null") as Record<string, unknown>),
      );
    },
    caughtUp: async (run) => {
      const end = await logEnd(db);
      await until("the capture has caught up", () => hasReached(run.status(), end));
    },
    [Symbol.asyncDispose]: async () => {
      await rm(folder, { recursive: true, force: true });
      await using cluster = await openCluster({ brokers: [topics.broker] });
      for (const topic of await cluster.listTopics())
        if (topic.startsWith(topics.prefix)) await topics.remove(topic);
    },
  };
}
