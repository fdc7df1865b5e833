/** Where to begin reading when there is no checkpoint. */
export type StartPoint =
  /** The oldest event that the server still has. */
  | { readonly kind: "earliest" }
  /** The end of the log at the moment of the start. */
  | { readonly kind: "latest" }
  | { readonly kind: "position"; readonly file: string; readonly position: number }
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

/** The MySQL or MariaDB server that is read. */
export interface SourceConfig {
  readonly type: "mysql";
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  /** Encrypted and verified when present. */
  readonly tls?: TlsConfig;
  readonly start?: StartPoint;
  /** Our id as a replica; no other replica of the server may use it. */
  readonly serverId: number;
  /** Resume by GTID: when the server has GTIDs (`auto`), always or never. */
  readonly gtid: "auto" | boolean;
  readonly heartbeatIntervalMs: number;
  readonly connectTimeoutMs: number;
}

/** The Elasticsearch or OpenSearch cluster that is written, and how. */
export interface SinkConfig {
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

/** Where checkpoints or dead letters are kept: a folder (absolute), or an index of the sink's cluster. */
export type StoreConfig =
  | { readonly type: "file"; readonly path: string }
  | { readonly type: "elasticsearch"; readonly index: string };

/** What is logged and how; `format` absent = pretty on a terminal, JSON otherwise. */
export interface LogConfig {
  readonly level: LogLevel;
  readonly format?: LogFormat;
}

export type LogLevel = "debug" | "info" | "warn" | "error";

export type LogFormat = "json" | "pretty";

/** Maps a table, or the tables of a pattern, to documents of one index. */
export interface RuleConfig {
  /** `database.table`, canonical spelling of `parseTablePattern`. */
  readonly table: string;
  readonly index: string;
  /** The columns that make the document id, in order; absent = the primary key. */
  readonly id?: readonly string[];
  /** Columns taken; absent = all. */
  readonly include?: readonly string[];
  readonly exclude: readonly string[];
  /** Field names by column name. */
  readonly rename: Readonly<Record<string, string>>;
  readonly upsert: boolean;
  readonly createIndex: boolean;
  readonly dynamic: "strict" | "false";
  readonly decimals: "auto" | "number" | "string";
  readonly onTruncate: "keep" | "delete" | "stop";
}

/** One pipeline's whole configuration: checked, defaults filled in, durations in ms, sizes in bytes, paths absolute. */
export interface PipelineConfig {
  /** Names the checkpoint and everything else that the pipeline keeps. */
  readonly name: string;
  /** How long a stop may take to finish what is in flight. */
  readonly drainTimeoutMs: number;
  readonly source: SourceConfig;
  readonly sink: SinkConfig;
  readonly state: StoreConfig;
  readonly deadLetters: StoreConfig;
  readonly log: LogConfig;
  readonly rules: readonly RuleConfig[];
}
