import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ofTopology } from "../../src/config/topology.ts";
import type {
  CaptureConfig,
  DirectConfig,
  PipelineConfig,
  SyncConfig,
} from "../../src/config/config.ts";
import { systemClock } from "../../src/core/clock.ts";
import type { Logger } from "../../src/core/logger.ts";
import { parseConfig, runPipeline } from "../../src/index.ts";
import { runLoad } from "../../src/pipeline/load/run-load.ts";
import type { RunOptions } from "../../src/pipeline/run-options.ts";
import type { PipelineStatus } from "../../src/pipeline/status.ts";
import { verifyTables } from "../../test/support/verify.ts";
import type { LogPlace } from "./mysql.ts";
import { preciseNow } from "./process-usage.ts";

/** Where the comparison takes place; what it makes there is the caller's to remove. */
export interface IncrementalScene {
  readonly mysqlUrl: string;
  readonly elasticsearchUrl: string;
  /** With it the backlog is in Kafka, too: `host:port`, and the topic, which tailrace creates. */
  readonly kafka?: { readonly brokers: string; readonly topic: string } | undefined;
  readonly database: string;
  readonly table: string;
  /** Names of indices begin with it. */
  readonly prefix: string;
  readonly query: <Row>(sql: string) => Promise<Row[]>;
  readonly report: (line: string) => void;
}

/** How much there is. */
export interface IncrementalSize {
  readonly rows: number;
  /** Changes of rows behind the first ones. */
  readonly backlog: number;
  /** Changes behind the time from which the second way reads. */
  readonly tail: number;
}

/** One way to a table in step. */
export interface IncrementalWay {
  readonly name: string;
  /** Until everything is acknowledged, opening and closing included. */
  readonly seconds: number;
  /** Of these, loading rows. */
  readonly loadSeconds: number;
  /** Rows that were loaded. */
  readonly loaded: number;
  /** Changes that were read from the log or the topic. */
  readonly read: number;
  /** Do the documents say in the end what the rows say? */
  readonly isEqual: boolean;
}

const PARTITIONS = 12;
const STATEMENT_ROWS = 10_000;
const POLL_MS = 20;

/**
 * Makes a table with a long history, and brings it into documents in two ways, directly and by Kafka: by reading the whole history, and by loading the rows and reading only what came
 * behind a time.
 */
export async function measureIncremental(
  scene: IncrementalScene,
  size: IncrementalSize,
): Promise<readonly IncrementalWay[]> {
  const folder = await mkdtemp(join(tmpdir(), "tailrace-incremental-"));
  try {
    return await measure({ ...scene, folder }, size);
  } finally {
    await rm(folder, { recursive: true });
  }
}

type Scene = IncrementalScene & { readonly folder: string };

async function measure(scene: Scene, size: IncrementalSize): Promise<readonly IncrementalWay[]> {
  const start = await logEnd(scene);
  const capture = scene.kafka && captureConfig(scene, start);
  await using publishing = capture && begin(capture);
  await fill(scene, size);
  await publishing?.reached(isAt(await logEnd(scene)));
  const timestampMs = await serverTime(scene);
  await update(scene, size.tail, size.rows);
  const end = await logEnd(scene);
  await publishing?.reached(isAt(end));
  scene.report(`${size.rows} rows with ${size.backlog + size.tail} changes behind them`);

  const from = { kind: "timestamp", timestampMs, marginMs: 0 } as const;
  const ways = [
    await replay(scene, directConfig(scene, "replay", start), isAt(end)),
    await loadAndRun(scene, directConfig(scene, "load", "latest"), { from }, isAt(end)),
  ];
  if (capture === undefined) return ways;
  ways.push(await replay(scene, syncConfig(scene, "sync-replay"), isThrough));
  const seekTo = { kind: "timestamp", timestampMs } as const;
  const sync = syncConfig(scene, "sync-load");
  ways.push(await loadAndRun(scene, sync, { seekTo }, isThrough, capture));
  return ways;
}

type IsReached = (status: PipelineStatus) => boolean;

async function replay(
  scene: Scene,
  config: DirectConfig | SyncConfig,
  isReached: IsReached,
): Promise<IncrementalWay> {
  const beganMs = preciseNow();
  const read = await runUntil(config, {}, isReached);
  return finish(scene, { config, beganMs, loadSeconds: 0, loaded: 0, read });
}

async function loadAndRun(
  scene: Scene,
  config: DirectConfig | SyncConfig,
  begun: Pick<RunOptions, "from" | "seekTo">,
  isReached: IsReached,
  capture?: CaptureConfig,
): Promise<IncrementalWay> {
  const beganMs = preciseNow();
  const { signal } = new AbortController();
  const common = { capture, isAnew: false, clock: systemClock, logger: SILENT, signal };
  const { loads } = await runLoad(config, {}, common);
  const loadSeconds = (preciseNow() - beganMs) / 1_000;
  const read = await runUntil(config, begun, isReached);
  const loaded = loads.reduce((sum, { rows }) => sum + rows, 0);
  return finish(scene, { config, beganMs, loadSeconds, loaded, read });
}

async function finish(
  scene: Scene,
  {
    config,
    beganMs,
    ...counts
  }: {
    readonly config: PipelineConfig;
    readonly beganMs: number;
    readonly loadSeconds: number;
    readonly loaded: number;
    readonly read: number;
  },
): Promise<IncrementalWay> {
  const seconds = (preciseNow() - beganMs) / 1_000;
  const { database, table, mysqlUrl: mysql, elasticsearchUrl: elasticsearch } = scene;
  const { index } = config.rules[0]!;
  const { isEqual } = await verifyTables({
    mysql,
    elasticsearch,
    tables: [{ database, table, index }],
  });
  const way = { name: index.slice(scene.prefix.length), seconds, ...counts, isEqual };
  scene.report(
    `${way.name}: ${seconds.toFixed(1)} s, ${way.loaded} rows loaded in ${way.loadSeconds.toFixed(1)} s, ${way.read} changes read, ${isEqual ? "equal" : "NOT EQUAL"}`,
  );
  return way;
}

/** Runs a pipeline until it is there, drains it, and returns how many actions it has taken. */
async function runUntil(
  config: PipelineConfig,
  begun: Pick<RunOptions, "from" | "seekTo">,
  isReached: IsReached,
): Promise<number> {
  await using run = begin(config, begun);
  await run.reached(isReached);
  return run.taken();
}

interface Run extends AsyncDisposable {
  reached(isReached: IsReached): Promise<void>;
  taken(): number;
}

function begin(config: PipelineConfig, begun: Pick<RunOptions, "from" | "seekTo"> = {}): Run {
  const stop = new AbortController();
  const seen: { status?: () => PipelineStatus; failure?: Error } = {};
  const ended = runPipeline(config, {
    signal: stop.signal,
    logger: SILENT,
    ...begun,
    onReady: (view) => {
      seen.status = view.status;
    },
  }).catch((error: unknown) => {
    seen.failure = error as Error;
  });
  return {
    reached: async (isReached) => {
      while (seen.status === undefined || !isReached(seen.status())) {
        if (seen.failure !== undefined) throw seen.failure;
        await systemClock.sleep(POLL_MS);
      }
    },
    taken: () => seen.status?.().actionsTaken ?? 0,
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await ended;
    },
  };
}

function isAt(end: LogPlace): IsReached {
  return (status) =>
    "file" in status &&
    (status.file > end.file || (status.file === end.file && status.position >= end.position));
}

/** All partitions are assigned and acknowledged to their end. */
function isThrough(status: PipelineStatus): boolean {
  return (
    "partitions" in status &&
    status.partitions.length === PARTITIONS &&
    status.recordsPending === 0 &&
    status.partitions.every(({ lagRecords }) => lagRecords === 0)
  );
}

/** The rows, then changes that go round them until the backlog is there. */
async function fill(scene: Scene, { rows, backlog }: IncrementalSize): Promise<void> {
  const { query, database, table } = scene;
  const name = `${database}.${table}`;
  await query(
    `CREATE TABLE ${name} (id INT PRIMARY KEY, v INT NOT NULL, name VARCHAR(40) NOT NULL, amount DECIMAL(12,2) NOT NULL, at DATETIME(3) NOT NULL)`,
  );
  const first = Math.min(rows, 1_000);
  const values = Array.from({ length: first }, (_, i) => `(${i},0,'row ${i}',${i}.25,now(3))`);
  await query(`INSERT INTO ${name} VALUES ${values.join()}`);
  for (let there = first; there < rows;) {
    const more = Math.min(there, rows - there, 5 * STATEMENT_ROWS);
    await query(
      `INSERT INTO ${name} SELECT id + ${there}, 0, CONCAT('row ', id + ${there}), amount, NOW(3) FROM ${name} WHERE id < ${more}`,
    );
    there += more;
  }
  await update(scene, backlog, rows);
}

async function update(scene: Scene, changes: number, rows: number): Promise<void> {
  const { query, database, table } = scene;
  for (let made = 0; made < changes;) {
    const from = made % rows;
    const count = Math.min(STATEMENT_ROWS, changes - made, rows - from);
    await query(
      `UPDATE ${database}.${table} SET v = v + 1, amount = amount + 0.5, at = NOW(3) WHERE id >= ${from} AND id < ${from + count}`,
    );
    made += count;
  }
}

/** Now, a moment behind everything before and before everything behind it. */
async function serverTime({ query }: Scene): Promise<number> {
  const [row] = await query<{ ms: unknown }>(
    "SELECT SLEEP(0.02) slept, UNIX_TIMESTAMP(SYSDATE(3)) * 1000 ms",
  );
  await query("SELECT SLEEP(0.02) slept");
  return Math.round(Number(row!.ms));
}

async function logEnd({ query }: Scene): Promise<LogPlace> {
  const [row] = await query<{ File: string; Position: unknown }>("SHOW BINARY LOG STATUS");
  return { file: row!.File, position: Number(row!.Position) };
}

let serial = 0;

function toml(
  scene: Scene,
  name: string,
  sections: { readonly source: string; readonly sink: string },
): string {
  serial += 1;
  return `name = "${scene.prefix}${name}"
[source]
${sections.source}
[sink]
${sections.sink}
[log]
level = "error"
[[rules]]
table = "${scene.database}.${scene.table}"
`;
}

function logSource({ mysqlUrl }: Scene, start: LogPlace | "latest"): string {
  const place =
    start === "latest"
      ? '"latest"'
      : `{ file = ${JSON.stringify(start.file)}, position = ${start.position} }`;
  return `url = ${JSON.stringify(mysqlUrl)}\nserver_id = ${700_000_000 + ((process.pid * 131 + serial) % 90_000_000)}\nstart = ${place}`;
}

function parse(scene: Scene, text: string): PipelineConfig {
  return parseConfig(text, { syntax: "toml", file: "incremental.toml", folder: scene.folder });
}

function directConfig(scene: Scene, name: string, start: LogPlace | "latest"): DirectConfig {
  const sink = `hosts = [${JSON.stringify(scene.elasticsearchUrl)}]`;
  const text = `${toml(scene, name, { source: logSource(scene, start), sink })}index = "${scene.prefix}${name}"\n[state]\npath = "state"\n`;
  return ofTopology(parse(scene, text), "direct");
}

function captureConfig(scene: Scene, start: LogPlace): CaptureConfig {
  const { brokers, topic } = scene.kafka!;
  const sink = `type = "kafka"\nbrokers = ["${brokers}"]\ntopic = "${topic}"\ncreate_topics = { partitions = ${PARTITIONS}, replication = 1 }`;
  const source = logSource(scene, start);
  const text = `${toml(scene, "capture", { source, sink })}[state]\ntype = "kafka"\ntopic = "${topic}-state"\n`;
  return ofTopology(parse(scene, text), "capture");
}

function syncConfig(scene: Scene, name: string): SyncConfig {
  const { brokers, topic } = scene.kafka!;
  const source = `type = "kafka"\nbrokers = ["${brokers}"]\ntopics = ["${topic}"]\nstart = "earliest"\nmysql = ${JSON.stringify(scene.mysqlUrl)}`;
  const sink = `hosts = [${JSON.stringify(scene.elasticsearchUrl)}]`;
  const text = `${toml(scene, name, { source, sink })}index = "${scene.prefix}${name}"\n[state]\ntype = "elasticsearch"\nindex = "${scene.prefix}state"\n`;
  return ofTopology(parse(scene, text), "sync");
}

const ignore = (): void => undefined;
const SILENT: Logger = {
  debug: ignore,
  info: ignore,
  warn: ignore,
  error: (fields, message) => console.error(message, fields),
};
