import type { RuleOptions } from "../core/rule.ts";

/** Where to begin reading when there is no checkpoint. */
export type StartPoint =
  /** The oldest event that the server still has. */
  | { readonly kind: "earliest" }
  /** The end of the log at the moment of the start. */
  | { readonly kind: "latest" }
  | { readonly kind: "position"; readonly file: string; readonly position: number }
  /** The first transaction committed at or after this time, ms since 1970, less a margin (absent = a minute). */
  | {
      readonly kind: "timestamp";
      readonly timestampMs: number;
      readonly marginMs?: number | undefined;
    }
  /** Behind the transactions of this GTID set (MySQL) or position (MariaDB). */
  | { readonly kind: "gtid"; readonly gtidSet: string };

/** How to verify a server and to show who we are. Certificates and keys as PEM text. */
export interface TlsConfig {
  /** Certificates to trust instead of the system's. */
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  /** Accept any certificate: encrypted, but open to whoever stands in between. */
  readonly insecure: boolean;
  /** Compare the host with the certificate's names. */
  readonly verifyHost: boolean;
}

/** How to connect to a MySQL or MariaDB server. */
export interface MysqlConnectionConfig {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  /** Encrypted and verified when present. */
  readonly tls?: TlsConfig;
  readonly connectTimeoutMs: number;
}

/** The MySQL or MariaDB server that is read. */
export interface MysqlSourceConfig extends MysqlConnectionConfig {
  readonly type: "mysql";
  readonly start?: StartPoint;
  /** Our id as a replica; no other replica of the server may use it. */
  readonly serverId: number;
  /** Resume by GTID: when the server has GTIDs (`auto`), always or never. */
  readonly gtid: "auto" | boolean;
  readonly heartbeatIntervalMs: number;
}

/** How to connect to a Kafka cluster. */
export interface KafkaConnectionConfig {
  /** `host:port` of some brokers; the rest is found through them. */
  readonly brokers: readonly string[];
  /** Encrypted and verified when present. */
  readonly tls?: TlsConfig;
  readonly sasl?: SaslConfig;
  readonly connectTimeoutMs: number;
  readonly requestTimeoutMs: number;
}

/** How to authenticate to Kafka. */
export type SaslConfig =
  | {
      readonly mechanism: "plain" | "scram-sha-256" | "scram-sha-512";
      readonly username: string;
      readonly password: string;
    }
  | {
      readonly mechanism: "oauthbearer";
      /** A token, or the endpoint that gives one for these credentials (RFC 6749, client credentials). */
      readonly provider:
        | { readonly kind: "token"; readonly token: string }
        | {
            readonly kind: "endpoint";
            readonly url: string;
            readonly clientId: string;
            readonly clientSecret: string;
            readonly scope?: string;
          };
    };

/** What changes look like as records. */
export type RecordFormat = "canal" | "debezium" | "maxwell";

/** Where a consumer group begins that has committed no offset. */
export type OffsetStart =
  | { readonly kind: "earliest" }
  | { readonly kind: "latest" }
  /** The first record of each partition at or after this time, ms since 1970. */
  | { readonly kind: "timestamp"; readonly timestampMs: number }
  /** Offsets by topic and partition; every partition must be named. */
  | {
      readonly kind: "offsets";
      readonly offsets: Readonly<Record<string, Readonly<Record<string, number>>>>;
    };

/** The topics that are read, as a member of a consumer group. */
export interface KafkaSourceConfig {
  readonly type: "kafka";
  readonly connection: KafkaConnectionConfig;
  /** Names, or patterns in which `*` stands for anything. */
  readonly topics: readonly string[];
  readonly group: string;
  /** `auto` recognises each record. */
  readonly format: RecordFormat | "auto";
  readonly start?: OffsetStart;
  /** `consumer` (KIP-848), `classic`, or the newer one that the broker has. */
  readonly groupProtocol: "auto" | "classic" | "consumer";
  /** Static membership: a restart within the session's time keeps its partitions. */
  readonly instanceId?: string;
  readonly sessionTimeoutMs: number;
  /** How long partitions that go to another instance may take to finish what is in flight. */
  readonly revokeTimeoutMs: number;
  /** Bytes fetched ahead of what the sink has taken, at most. */
  readonly maxFetchBytes: number;
  /** The MySQL server that the records come from: for types that records do not tell, and for rows that they do not hold whole. */
  readonly mysql?: MysqlConnectionConfig;
}

/** The topics that are written, and how. */
export interface KafkaSinkConfig {
  readonly type: "kafka";
  readonly connection: KafkaConnectionConfig;
  /** Topic name in which `{database}` and `{table}` are filled in. */
  readonly topic: string;
  readonly format: RecordFormat;
  readonly partitioner: "murmur2" | "canal";
  /** Columns that choose the partition, by `database.table` pattern, where it is not the primary key. */
  readonly partitionBy: Readonly<Record<string, readonly string[]>>;
  readonly delivery: "exactly_once" | "at_least_once";
  /** Topics that are missing are created so; absent = they must exist. */
  readonly createTopics?: { readonly partitions: number; readonly replication: number };
  readonly compression: "none" | "gzip" | "snappy" | "lz4" | "zstd";
  /** Canal format: ENUM and SET as labels instead of ordinals. */
  readonly enumLabels: boolean;
  /** Bytes of records that wait to be sent, at most. */
  readonly maxBufferBytes: number;
}

/** The Elasticsearch or OpenSearch cluster that is written, and how. */
export interface ElasticsearchSinkConfig {
  readonly type: "elasticsearch";
  /** Origins with an optional path prefix, without credentials. */
  readonly hosts: readonly string[];
  readonly auth?:
    | { readonly kind: "basic"; readonly username: string; readonly password: string }
    | { readonly kind: "apiKey"; readonly key: string }
    | { readonly kind: "bearer"; readonly token: string };
  readonly tls?: TlsConfig;
  readonly lanes: number;
  readonly maxActions: number;
  readonly maxBytes: number;
  readonly flushIntervalMs: number;
  readonly requestTimeoutMs: number;
  readonly onReject: "dead_letter" | "stop";
}

/** A folder, absolute. */
export interface FolderConfig {
  readonly type: "file";
  readonly path: string;
}

/** An index of the sink's cluster. */
export interface IndexConfig {
  readonly type: "elasticsearch";
  readonly index: string;
}

/** A topic of the sink's cluster. */
export interface TopicConfig {
  readonly type: "kafka";
  readonly topic: string;
}

/** Where a pipeline that writes documents keeps its checkpoint or its dead letters. */
export type StoreConfig = FolderConfig | IndexConfig;

/** What is logged and how; `format` absent = pretty on a terminal, JSON otherwise. */
export interface LogConfig {
  readonly level: LogLevel;
  readonly format?: LogFormat;
}

export type LogLevel = "debug" | "info" | "warn" | "error";

export type LogFormat = "json" | "pretty";

/** Where HTTP for operators is offered. */
export interface AdminConfig {
  readonly host: string;
  /** 0 = a free one. */
  readonly port: number;
  /** What requests must bring; absent only where nobody but this machine can ask. */
  readonly token?: string;
}

/** How tables are loaded beside the stream. */
export interface LoadConfig {
  /** `initial`: tables that have not been loaded yet are, as soon as the stream runs. `never`: only when asked for. */
  readonly mode: "initial" | "never";
  /** Read chunks there, a replica of the source, instead of at the source. */
  readonly replica?: MysqlConnectionConfig;
  /** Connections that read chunks at the same time, of all tables together. */
  readonly connections: number;
  /** Rows read in a second at most, of all tables together; absent = no limit. */
  readonly maxRowsPerSecond?: number;
  /** What a chunk should have; its number of rows follows from it. */
  readonly chunkBytes: number;
  /** Loading pauses while this replica is further behind than that. */
  readonly pauseWhileLagging?: {
    readonly replica: MysqlConnectionConfig;
    readonly maxLagMs: number;
  };
  /** No refreshes and no replicas of an index that the load creates, until it is loaded. */
  readonly relaxIndex: boolean;
}

/** How documents are compared with their rows. */
export interface VerifyConfig {
  /** Rows compared in a second, for ever, while the pipeline runs; absent = only when asked for. */
  readonly continuousRowsPerSecond?: number;
  /** How long the stream may take to pass a place before a difference counts as not settled. */
  readonly settleTimeoutMs: number;
}

/** A rule and how its index is kept. */
export interface RuleConfig extends RuleOptions {
  readonly createIndex: boolean;
  readonly dynamic: "strict" | "false";
  readonly onTruncate: "keep" | "delete" | "stop";
  /** What becomes of documents whose rows a foreign key changes or deletes where the server does not log it: nothing, or the rows are read again. */
  readonly cascade: "ignore" | "synthesize";
}

/** A test of a rule that stands in the configuration: a row, and the document that it must give. */
export interface RuleTest {
  readonly name: string;
  /** The rule by name. */
  readonly rule: string;
  /** The table; absent = the rule's, which then is no pattern. */
  readonly table?: string;
  /** Values by column, as SQL literals would give them; columns that are missing are NULL. */
  readonly row: Readonly<Record<string, unknown>>;
  /** The document, or null when the row has none. */
  readonly expect: Readonly<Record<string, unknown>> | null;
  /** Where it must go, as far as it is given. */
  readonly place?: {
    readonly index?: string;
    readonly id?: string;
    readonly routing?: string;
  };
}

/** What every pipeline's configuration has: checked, defaults filled in, durations in ms, sizes in bytes, paths absolute. */
export interface CommonConfig {
  /** Names the checkpoint and everything else that the pipeline keeps. */
  readonly name: string;
  /** How long a stop may take to finish what is in flight. */
  readonly drainTimeoutMs: number;
  readonly log: LogConfig;
  readonly admin?: AdminConfig;
  /** Of a capture only the tables count. */
  readonly rules: readonly RuleConfig[];
  readonly tests: readonly RuleTest[];
}

/** MySQL's log into documents. */
export interface DirectConfig extends CommonConfig {
  readonly topology: "direct";
  readonly source: MysqlSourceConfig;
  readonly sink: ElasticsearchSinkConfig;
  readonly state: StoreConfig;
  readonly deadLetters: StoreConfig;
  readonly load: LoadConfig;
  readonly verify: VerifyConfig;
}

/** MySQL's log into records. */
export interface CaptureConfig extends CommonConfig {
  readonly topology: "capture";
  readonly source: MysqlSourceConfig;
  readonly sink: KafkaSinkConfig;
  /** With `exactly_once` always a topic: only so can the checkpoint be part of the transaction. */
  readonly state: FolderConfig | TopicConfig;
  readonly deadLetters: FolderConfig | TopicConfig;
}

/** Records into documents. */
export interface SyncConfig extends CommonConfig {
  readonly topology: "sync";
  readonly source: KafkaSourceConfig;
  readonly sink: ElasticsearchSinkConfig;
  /** What the instances have in common besides offsets, which the group keeps: topic identities, gaps. */
  readonly state: IndexConfig;
  readonly deadLetters: StoreConfig;
  readonly load: LoadConfig;
  readonly verify: VerifyConfig;
}

/** One pipeline's whole configuration. */
export type PipelineConfig = DirectConfig | CaptureConfig | SyncConfig;
