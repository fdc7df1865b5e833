import { writeFile } from "node:fs/promises";
import { createRandom } from "../support/random.ts";
import { type ChaosTable, DATABASE, TABLES } from "./tables.ts";

/** What the pipeline is configured with. */
export interface ChaosConfig {
  readonly mysql: URL;
  readonly elasticsearch: URL;
  readonly indexPrefix: string;
  /** Chooses what has more than one good setting. */
  readonly seed: number;
  /** What lies in between; absent = nothing. */
  readonly kafka?: KafkaBetween;
  /** Absent = those that are empty before. */
  readonly tables?: readonly ChaosTable[];
  /** What is loaded first; absent = nothing, the log is read from its beginning. */
  readonly load?: LoadSettings;
}

/** How tables that are filled before are loaded. */
export interface LoadSettings {
  /** On which loads are asked for. */
  readonly adminPort: number;
}

/** A Kafka between the halves of the pipeline. */
export interface KafkaBetween {
  readonly brokers: readonly string[];
  /** The only one, of all tables; it is there. */
  readonly topic: string;
  readonly group: string;
  readonly partitioner: "murmur2" | "canal";
}

/** Where the pipeline keeps its checkpoint and what it puts aside, as the seed chose. */
export type StateChoice = "file" | "elasticsearch";

/** Names of what the pipeline keeps in Elasticsearch, without the run's prefix. */
export const STATE_INDEX = "state";
export const DEAD_LETTER_INDEX = "dead-letters";

/** Writes the pipeline's configuration; returns where its state is. */
export async function writeConfigFile(path: string, config: ChaosConfig): Promise<StateChoice> {
  const random = createRandom(config.seed, "configuration");
  const isFile = random.pick([true, true, false]) && config.kafka === undefined;
  const state: StateChoice = isFile ? "file" : "elasticsearch";
  const choices = [
    `lanes = ${random.integer(1, 4)}`,
    `max_actions = ${random.pick([200, 2_000, 10_000])}`,
    `max_bytes = "${random.pick(["64KiB", "512KiB", "2MiB"])}"`,
  ];
  const gtid = random.pick(['"auto"', '"auto"', "false"]);
  const source = new URL(config.mysql);
  source.username = "sync";
  source.password = "sync";
  source.pathname = "";
  const rules = new Map(
    (config.tables ?? TABLES).map(({ name, pattern = name, index, clears, rule }) => [
      pattern,
      [
        "[[rules]]",
        ...(rule ?? [`table = "${DATABASE}.${pattern}"`]),
        `index = "${config.indexPrefix}${index}"`,
        ...(clears === true ? ['on_truncate = "delete"'] : []),
      ],
    ]),
  );
  const lines = [
    'name = "chaos"',
    'drain_timeout = "8s"',
    "",
    "[source]",
    `url = "${source.href}"`,
    ...(config.load === undefined ? ['start = "earliest"'] : []),
    'heartbeat_interval = "1s"',
    'connect_timeout = "3s"',
    `gtid = ${gtid}`,
    "",
    "[sink]",
    `hosts = ["${config.elasticsearch.href.replace(/\/$/, "")}"]`,
    'request_timeout = "6s"',
    ...choices,
    ...(config.kafka === undefined ? [] : kafkaLines(config.kafka, config.seed)),
    ...(state === "file" ? [] : stateLines(config.indexPrefix)),
    ...(config.load === undefined ? [] : loadLines(config.load, config.seed)),
    ...[...rules.values()].flatMap((rule) => ["", ...rule]),
  ];
  await writeFile(path, `${lines.join("\n")}\n`);
  return state;
}

function kafkaLines({ brokers, topic, group, partitioner }: KafkaBetween, seed: number): string[] {
  const random = createRandom(seed, "configuration of Kafka");
  return [
    "",
    "[kafka]",
    `brokers = ${JSON.stringify(brokers)}`,
    `topic = "${topic}"`,
    `group = "${group}"`,
    `partitioner = "${partitioner}"`,
    'connect_timeout = "3s"',
    'request_timeout = "10s"',
    `group_protocol = "${random.pick(["consumer", "classic"])}"`,
    'session_timeout = "6s"',
    `revoke_timeout = "${random.integer(0, 5)}s"`,
    `compression = "${random.pick(["none", "gzip", "snappy", "lz4", "zstd"])}"`,
    `max_buffer = "${random.pick(["1MiB", "8MiB", "32MiB"])}"`,
    `max_fetch_bytes = "${random.pick(["256KiB", "4MiB", "32MiB"])}"`,
  ];
}

/** Slow enough for a kill to hit it. */
function loadLines({ adminPort }: LoadSettings, seed: number): string[] {
  const random = createRandom(seed, "configuration of loads");
  return [
    "",
    "[load]",
    `connections = ${random.integer(1, 4)}`,
    `chunk_size = "${random.pick(["16KiB", "64KiB", "256KiB"])}"`,
    `max_rows_per_second = ${random.pick([20_000, 40_000, 80_000])}`,
    "",
    "[admin]",
    `listen = "127.0.0.1:${adminPort}"`,
  ];
}

function stateLines(prefix: string): string[] {
  return [
    "",
    "[state]",
    'type = "elasticsearch"',
    `index = "${prefix}${STATE_INDEX}"`,
    "",
    "[dead_letters]",
    'type = "elasticsearch"',
    `index = "${prefix}${DEAD_LETTER_INDEX}"`,
  ];
}
