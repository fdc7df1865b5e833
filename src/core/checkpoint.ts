import type { TableLoad } from "./load.ts";

/** A place in the source's log: file and byte offset. */
export interface LogPlace {
  readonly file: string;
  readonly position: number;
}

/** Where in the source's log reading can resume: the end of a transaction. */
export interface SourcePosition extends LogPlace {
  /** Binlog file name. */
  readonly file: string;
  /** Byte offset behind the transaction in that file. */
  readonly position: number;
  /**
   * The GTID of the transaction that ends here (MySQL `uuid[:tag]:n`, MariaDB `domain-server-n`), when the source logs them; several, joined by commas, when
   * it is an XA transaction that held others back.
   */
  readonly gtid?: string | undefined;
  /**
   * What has been read whole, when that is further: prepared XA transactions make reading resume before them. Those that ended in between need not be
   * known again.
   */
  readonly readTo?: LogPlace | undefined;
}

/** Why a table's documents may not agree with its rows, since when. Kept until an operator says it is mended. */
export interface TableGap {
  readonly database: string;
  readonly table: string;
  readonly code: string;
  readonly file: string;
  readonly position: number;
}

/** The durable resume point: everything before it is applied, in conflict or stored as a dead letter. */
export interface Checkpoint {
  readonly format: 1;
  readonly pipeline: string;
  readonly flavor: "mysql" | "mariadb";
  /** `@@server_uuid`, or what identifies a MariaDB server. */
  readonly serverUuid: string;
  /** Grows when positions of the log stop being comparable (another server, a new start); the high bits of every version. */
  readonly epoch: number;
  readonly file: string;
  readonly position: number;
  /** See {@link SourcePosition.readTo}. */
  readonly readTo?: LogPlace | undefined;
  /** All transactions before the checkpoint, when the source has GTIDs. */
  readonly gtidSet?: string | undefined;
  /** Fingerprint of the parts of the configuration that give documents their place: rules, ids, indices. */
  readonly fingerprint: string;
  readonly gaps: readonly TableGap[];
  /** Loads of tables, done or not; absent: of before there were any, everything counts as loaded. */
  readonly loads?: readonly TableLoad[] | undefined;
  /** When it was written, ISO 8601. */
  readonly savedAt: string;
}

/** Keeps one pipeline's checkpoint. `save` replaces it atomically and is durable when it resolves. */
export interface CheckpointStore extends AsyncDisposable {
  /** The last checkpoint saved, or null before the first. Throws STATE_UNREADABLE, STATE_FOREIGN. */
  load(): Promise<Checkpoint | null>;
  /** Throws STATE_UNWRITABLE (repeat it) or STATE_FOREIGN (another process owns it). */
  save(checkpoint: Checkpoint): Promise<void>;
}
