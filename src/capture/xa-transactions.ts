import { Cursor } from "../binlog/cursor.ts";
import { TailraceError } from "../core/errors.ts";
import type { SourcePosition } from "../core/checkpoint.ts";

/** Rows of XA transactions are held up to this size in all. */
const MAX_HELD_BYTES = 256 * 1024 * 1024;

/** A prepared XA transaction whose COMMIT or ROLLBACK has not been seen. */
export interface PreparedXa {
  /** Its TABLE_MAP and rows events. */
  readonly events: readonly Buffer[];
  /** The GTID of the prepare. */
  readonly gtid: string | undefined;
  /** Where reading must resume to see it again. */
  readonly resumeAt: SourcePosition;
}

/**
 * Holds the rows of XA transactions between XA START and XA COMMIT: they are in the log from the prepare on, and may still be rolled back. While one
 * is prepared no checkpoint may move past its start.
 */
export class XaTransactions {
  readonly #prepared = new Map<string, PreparedXa>();
  #open: {
    readonly events: Buffer[];
    readonly gtid: string | undefined;
    readonly resumeAt: SourcePosition;
  } | null = null;
  #bytes = 0;

  /** True between XA START and the prepare: events are to be held. */
  get open(): boolean {
    return this.#open !== null;
  }

  /** Where reading must resume for the oldest prepared transaction; null when there is none. */
  get resumeAt(): SourcePosition | null {
    for (const { resumeAt } of this.#prepared.values()) return resumeAt;
    return null;
  }

  begin(gtid: string | undefined, resumeAt: SourcePosition): void {
    this.#open = { events: [], gtid, resumeAt };
  }

  /** Takes over one event, header included. Throws BINLOG_UNSUPPORTED when too much is held. */
  hold(event: Buffer): void {
    this.#bytes += event.length;
    if (this.#bytes > MAX_HELD_BYTES) {
      throw new TailraceError(
        "BINLOG_UNSUPPORTED",
        `Prepared XA transactions hold more than ${MAX_HELD_BYTES} bytes of rows: commit or roll them back (XA RECOVER).`,
      );
    }
    this.#open?.events.push(event);
  }

  /**
   * Takes the body of XA_PREPARE: one phase 1, format 4, length of the global id 4, of the branch 4, both. Returns the transaction, which is committed
   * already when it was one phase.
   */
  prepare(body: Buffer): PreparedXa & { readonly onePhase: boolean } {
    const c = new Cursor(body, 0, body.length);
    const onePhase = c.uint8() !== 0;
    const format = c.uint32();
    const globalBytes = c.uint32();
    const branchBytes = c.uint32();
    const xid = `${c.view(globalBytes).toString("hex")},${c.view(branchBytes).toString("hex")},${format}`;
    const open = this.#open;
    if (open === null) throw new TailraceError("BINLOG_CORRUPT", "XA_PREPARE without XA START.");
    this.#open = null;
    if (onePhase) this.#release(open.events);
    else this.#prepared.set(xid, open);
    return { ...open, onePhase };
  }

  /** XA COMMIT or ROLLBACK: gives the transaction up; undefined when it was prepared before reading began. */
  finish(xid: string): PreparedXa | undefined {
    const prepared = this.#prepared.get(xid);
    this.#prepared.delete(xid);
    if (prepared !== undefined) this.#release(prepared.events);
    return prepared;
  }

  /** Forgets everything: it will be read again. */
  clear(): void {
    this.#prepared.clear();
    this.#open = null;
    this.#bytes = 0;
  }

  #release(events: readonly Buffer[]): void {
    for (const event of events) this.#bytes -= event.length;
  }
}
