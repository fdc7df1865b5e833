import { randomInt } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CaptureConfig } from "../../src/config/config.ts";
import { parseConfig } from "../../src/config/load.ts";
import { ofTopology } from "../../src/config/topology.ts";
import type { TailraceError } from "../../src/core/errors.ts";
import { openCluster } from "../../src/kafka/cluster.ts";
import { runPipeline } from "../../src/pipeline/run-pipeline.ts";
import type { CaptureStatus } from "../../src/pipeline/status.ts";
import type { TestTopics } from "./kafka-topics.ts";
import type { TestDatabase } from "./mysql.ts";
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
export interface RunningCapture extends AsyncDisposable {
  status(): CaptureStatus;
  /** Resolves with the error that ended the run. */
  readonly failure: Promise<TailraceError>;
  /** What was logged at warn and error, in order. */
  readonly troubles: readonly string[];
  /** What was logged at info. */
  readonly news: readonly string[];
}

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

/** Other tests prepare XA transactions on the same server before a capture begins, and commit them while it runs. */
const FOREIGN_XA = "BINLOG_XA_UNKNOWN";

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
    start: (run = {}) => start(config, run),
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
    deadLetters: async () =>
      (await readTopic(topics.broker, `${topics.prefix}letters`))
        .map(({ value }) => JSON.parse(value ?? "null") as Record<string, unknown>)
        .filter((letter) => letter["code"] !== FOREIGN_XA),
    caughtUp: async (run) => {
      const [version] = await db.query<{ v: string }>("select version() v");
      const what = version!.v.includes("MariaDB") ? "master" : "binary log";
      const [end] = await db.query<{ File: string; Position: string }>(`show ${what} status`);
      await until("the capture has caught up", () => {
        const { file, position } = run.status();
        return file > end!.File || (file === end!.File && position >= Number(end!.Position));
      });
    },
    [Symbol.asyncDispose]: async () => {
      await rm(folder, { recursive: true, force: true });
      await using cluster = await openCluster({ brokers: [topics.broker] });
      for (const topic of await cluster.listTopics())
        if (topic.startsWith(topics.prefix)) await topics.remove(topic);
    },
  };
}

async function start(config: CaptureConfig, options: CaptureRunOptions): Promise<RunningCapture> {
  const abort = new AbortController();
  const ready = Promise.withResolvers<void>();
  const troubles: string[] = [];
  const news: string[] = [];
  let status: (() => CaptureStatus) | undefined;
  const note =
    (lines: string[]) =>
    (
      fields: { code?: string; err?: { code?: string; message?: string } },
      message: string,
    ): void => {
      if (fields.code === FOREIGN_XA) return;
      const { code, err } = fields;
      lines.push(`${code ?? err?.code ?? ""} ${message} ${err?.message ?? ""}`.trim());
    };
  const ended = runPipeline(config, {
    signal: abort.signal,
    logger: { debug: () => {}, info: note(news), warn: note(troubles), error: note(troubles) },
    acceptChanges: options.acceptChanges,
    onReady: (view) => {
      // called again when the pipeline was opened anew
      status = view.status;
      ready.resolve();
    },
  });
  const failure = ended.then(
    () => new Promise<TailraceError>(() => {}),
    (error: unknown) => error as TailraceError,
  );
  void failure.then((error) => ready.reject(error));
  if (options.noWait !== true) await ready.promise;
  else ready.promise.catch(() => undefined);
  return {
    status: () => {
      if (status === undefined) throw new Error("the capture has not begun");
      return status();
    },
    failure,
    troubles,
    news,
    [Symbol.asyncDispose]: async () => {
      abort.abort();
      await ended.catch(() => undefined);
    },
  };
}
