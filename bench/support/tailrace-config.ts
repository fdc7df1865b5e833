import type { LogPlace } from "./mysql.ts";

/** What a benchmark's configuration differs in. */
export type BenchConfig = BenchRule & (ReadsLog | ReadsTopic) & (WritesDocuments | WritesTopic);

interface BenchRule {
  /** `database.table`. */
  readonly table: string;
  readonly index: string;
  /** More lines of the rule. */
  readonly rule?: string;
  /** What the rule selects, `TABLE` for the table; absent = the columns as they are. */
  readonly query?: string;
}

interface ReadsLog {
  readonly mysqlUrl: string;
  /** Where the binary log is read from; "latest" = its end; "load" = its end, and the rows that are there are loaded. */
  readonly start: LogPlace | "latest" | "load";
}

interface ReadsTopic {
  readonly from: BenchTopic;
}

interface WritesDocuments {
  readonly elasticsearchUrl: string;
}

interface WritesTopic {
  readonly to: BenchTopic;
}

/** A topic of a real cluster. */
export interface BenchTopic {
  readonly brokers: string;
  readonly topic: string;
  readonly partitions: number;
}

/** The configuration of a direct pipeline but for the stretch of log that it reads. */
export type ReplayConfig = Omit<BenchRule, "table"> & Omit<ReadsLog, "start"> & WritesDocuments;

/** A configuration file as a user would write it: everything not named here has its default. */
export function tailraceToml(config: BenchConfig): string {
  return `name = "bench-${process.pid}-${serial++}"

[source]
${"from" in config ? topicSource(config.from) : logSource(config)}

[sink]
${"to" in config ? topicSink(config.to) : `hosts = [${JSON.stringify(config.elasticsearchUrl)}]`}

[log]
level = "warn"

[[rules]]
${tableOf(config)}
index = ${JSON.stringify(config.index)}
${config.rule ?? ""}
`;
}

function tableOf({ table, query }: BenchRule): string {
  if (query === undefined) return `table = ${JSON.stringify(table)}`;
  return `query = ${JSON.stringify(query.replace("TABLE", table))}`;
}

/** Every run is a pipeline, and a consumer group, of its own. */
let serial = 0;

function logSource({ mysqlUrl, start }: ReadsLog): string {
  const url = `url = ${JSON.stringify(mysqlUrl)}`;
  if (start === "load") return url;
  const place =
    start === "latest"
      ? '"latest"'
      : `{ file = ${JSON.stringify(start.file)}, position = ${start.position} }`;
  return `${url}\nstart = ${place}`;
}

function topicSource({ brokers, topic }: BenchTopic): string {
  return `type = "kafka"
brokers = [${JSON.stringify(brokers)}]
topics = [${JSON.stringify(topic)}]
start = "earliest"`;
}

function topicSink({ brokers, topic, partitions }: BenchTopic): string {
  return `type = "kafka"
brokers = [${JSON.stringify(brokers)}]
topic = ${JSON.stringify(topic)}
create_topics = { partitions = ${partitions}, replication = 1 }`;
}
