/** A transaction of the source. `touch` changes a column that no document has. */
export type Change =
  | { readonly kind: "insert" | "update" | "delete" | "touch"; readonly key: number }
  | { readonly kind: "move"; readonly key: number; readonly to: number };

/** What the implementation does wrong, to show that the model would notice. */
export type Mistake =
  /** The low watermark is the end of the log, and the rows are read at once. */
  | "low without waiting"
  /** Of a replica: the executed transactions are read before those under way. */
  | "executed before owned"
  /** Of a replica: only those under way are waited for. */
  | "owned only"
  /** The place of a snapshot is taken as it is, though the log had been further. */
  | "any snapshot"
  /** Plain reads where only locking ones wait for commits under way. */
  | "plain reads"
  /** The window is opened when the rows have been read. */
  | "window after low"
  /** What the stream has written is not left out. */
  | "no dropping"
  /** Documents of rows that the stream has seen are left out, though it wrote nothing. */
  | "rows noted"
  /** The chunk does not wait for the stream. */
  | "no waiting for high"
  /** The chunk's rows carry the version of the high watermark. */
  | "version of high"
  /** Progress is moved when the chunk was handed over. */
  | "progress before close"
  /** Elasticsearch forgets deletes while a chunk is under way. */
  | "late chunks"
  /** The greatest key is what a SELECT sees at once. */
  | "bound without waiting"
  /** The first checkpoint is not durable before the first chunk is written. */
  | "late checkpoint";

/** One case that is explored. */
export interface Setup {
  /** In the stream's process with windows, or beside it by versions alone. */
  readonly mode: "windows" | "versions";
  /** Documents carry versions; those of upserts do not. */
  readonly isVersioned: boolean;
  /** How the low watermark comes about: owned and executed GTIDs, these for rows of a replica, `FOR SHARE`, MariaDB's snapshot. */
  readonly low: "gtid" | "replica" | "share" | "mariadb";
  /** Keys of the rows before anything happens, of 1 to 3. */
  readonly rows: readonly number[];
  /** Transactions in the order of the log. */
  readonly changes: readonly Change[];
  /** Chunks, of buffers, of keys. */
  readonly chunks: readonly (readonly (readonly number[])[])[];
  /** Chunks under way at the same time. */
  readonly parallel: number;
  readonly crashes: number;
  readonly mistake?: Mistake | undefined;
}

/** Does the transaction touch the row, so that its lock is held until the engine has committed? */
export function touches(change: Change, key: number): boolean {
  return change.key === key || (change.kind === "move" && change.to === key);
}

/** All programs of so many transactions that are possible for these rows, of the keys 1 and 2. */
export function programsOf(rows: readonly number[], length: number): Change[][] {
  if (length === 0) return [[]];
  const programs: Change[][] = [];
  for (const key of [1, 2]) {
    const other = 3 - key;
    const has = rows.includes(key);
    const next: [Change, number[]][] = has
      ? [
          [{ kind: "update", key }, [...rows]],
          [{ kind: "touch", key }, [...rows]],
          [{ kind: "delete", key }, rows.filter((row) => row !== key)],
        ]
      : [[{ kind: "insert", key }, [...rows, key]]];
    if (has && !rows.includes(other)) next.push([{ kind: "move", key, to: other }, [other]]);
    for (const [change, after] of next)
      for (const rest of programsOf(after, length - 1)) programs.push([change, ...rest]);
  }
  return programs;
}
