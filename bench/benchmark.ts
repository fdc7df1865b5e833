import type { ElasticsearchServer } from "./support/elasticsearch.ts";
import type { MysqlServer } from "./support/mysql.ts";

/** Figures of one measurement, as `--json` prints them; what does not apply is absent. */
export interface Figures {
  readonly rows?: number;
  readonly rows_per_s?: number;
  /** CPU time of all threads of the process measured, user and system, in µs a row; its start-up is not counted. */
  readonly cpu_us_per_row?: number;
  /** From the start of tailrace's process to its reading the log, ms: in no rate. */
  readonly startup_ms?: number;
  /** Most memory that the process measured ever held (VmHWM), start-up included, in MiB. */
  readonly rss_mb?: number;
  /** From the start to the documents' agreeing with the rows, all processes' starts included. */
  readonly seconds?: number;
  /** Changes that were read from the log or a topic, and rows that were loaded. */
  readonly changes_read?: number;
  readonly rows_loaded?: number;
  /** Rows per second as a part of what pregenerated bulk requests of the same documents reached. */
  readonly ratio_to_bulk?: number;
  /** In the end, in rows: those without a document, those whose document is older, and documents whose row is gone. */
  readonly missed_inserts?: number;
  readonly missed_updates?: number;
  readonly missed_deletes?: number;
  readonly p50_ms?: number;
  readonly p95_ms?: number;
  readonly p99_ms?: number;
  readonly max_ms?: number;
}

/** What a benchmark found. */
export interface BenchmarkResult {
  readonly name: string;
  readonly figures: Figures;
  /** Every single run and whatever explains the figures; goes to the results file. */
  readonly raw: unknown;
}

/** What a benchmark is given. */
export interface BenchContext {
  /** Rows replayed, where rows are replayed. */
  readonly rows: number;
  /** How often a measurement is repeated; the median counts. */
  readonly runs: number;
  /** Shorter waits, for trying a benchmark out. */
  readonly quick: boolean;
  /** The server that is read, started on first use. */
  mysql(): Promise<MysqlServer>;
  /** The real server that is written, started on first use. */
  elasticsearch(): Promise<ElasticsearchServer>;
  /** The Kafka brokers, `host:port`, started on first use. */
  kafka(): Promise<string>;
  /** Tells what is going on, one line. */
  readonly report: (line: string) => void;
}

/** One benchmark. */
export interface Benchmark {
  readonly name: string;
  /** One line for `--help`. */
  readonly summary: string;
  run(context: BenchContext): Promise<readonly BenchmarkResult[]>;
}
