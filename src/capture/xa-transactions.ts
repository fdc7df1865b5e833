import { Cursor } from "../binlog/cursor.ts";
import { TailraceError } from "../core/errors.ts";
import type { SourcePosition } from "../core/checkpoint.ts";

/** Rows of XA transactions are held up to this size in all. */
const MAX_HELD_BYTES = 256 * 1024 * 1024;

/** The start of an XA transaction in the log. */
export interface XaStart {
  /** The GTID of the prepare. */
  readonly gtid: string | undefined;
  /** Where reading must resume to see it again. */
  readonly resumeAt: SourcePosition;
  /**
   * A GTID stands for all before it in its domain (MariaDB) instead of for itself (MySQL): those that follow the prepare are held back too, see
   * {@link XaTransactions.holdGtid}.
   */
  readonly isOrdered: boolean;
}

interface Xa extends XaStart {
  readonly events: Buffer[];
  /** The last GTID of each domain from the prepare on, until the next one. Only where they are ordered. */
  readonly gtids: Map<string, string>;
}

/**
 * Holds the rows of XA transactions between XA START and XA COMMIT: they are in the log from the prepare on, and may still be rolled back. While one
 * is prepared no checkpoint may move past its start.
 */
export class XaTransactions {
  /** In the order of the log. */
  readonly #prepared = new Map<string, Xa>();
  #open: Xa | null = null;
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

  begin(start: XaStart): void {
    this.#open = { ...start, events: [], gtids: new Map() };
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

  /** Keeps the GTID of a transaction that has ended until none is prepared before it; false when that is so now, or when GTIDs are not ordered. */
  holdGtid(gtid: string): boolean {
    if (this.#prepared.size === 0) return false;
    const newest = [...this.#prepared.values()].at(-1);
    if (newest?.isOrdered !== true) return false;
    newest.gtids.set(domainOf(gtid), gtid);
    return true;
  }

  /**
   * Takes the body of XA_PREPARE: one phase 1, format 4, length of the global id 4, of the branch 4, both. Returns the transaction's events when it is
   * committed already because it was one phase, else null.
   */
  prepare(body: Buffer): readonly Buffer[] | null {
    const c = new Cursor(body, 0, body.length);
    const onePhase = c.uint8() !== 0;
    const format = c.uint32();
    const globalBytes = c.uint32();
    const branchBytes = c.uint32();
    const xid = `${c.view(globalBytes).toString("hex")},${c.view(branchBytes).toString("hex")},${format}`;
    const open = this.#open;
    if (open === null) throw new TailraceError("BINLOG_CORRUPT", "XA_PREPARE without XA START.");
    this.#open = null;
    if (onePhase) {
      this.#release(open.events);
      return open.events;
    }
    this.#prepared.set(xid, open);
    if (open.gtid !== undefined) this.holdGtid(open.gtid);
    return null;
  }

  /** The TABLE_MAP and rows events of a prepared transaction; undefined when it was prepared before reading began. */
  eventsOf(xid: string): readonly Buffer[] | undefined {
    return this.#prepared.get(xid)?.events;
  }

  /** XA COMMIT or ROLLBACK: gives the transaction up. Returns the GTIDs that nothing holds back any more, its prepare's mostly among them. */
  finish(xid: string): readonly string[] {
    const finished = this.#prepared.get(xid);
    if (finished === undefined) return [];
    const earlier = this.#before(xid);
    this.#prepared.delete(xid);
    const { events, gtid, isOrdered, gtids } = finished;
    this.#release(events);
    if (!isOrdered) return gtid === undefined ? [] : [gtid];
    if (earlier === undefined) return [...gtids.values()];
    for (const [domain, last] of gtids) earlier.gtids.set(domain, last);
    return [];
  }

  /** Forgets everything: it will be read again. */
  clear(): void {
    this.#prepared.clear();
    this.#open = null;
    this.#bytes = 0;
  }

  /** The transaction that was prepared next before this one. */
  #before(xid: string): Xa | undefined {
    let before: Xa | undefined;
    for (const [each, xa] of this.#prepared) {
      if (each === xid) return before;
      before = xa;
    }
    return undefined;
  }

  #release(events: readonly Buffer[]): void {
    for (const event of events) this.#bytes -= event.length;
  }
}

/** `domain-server-sequence` */
function domainOf(gtid: string): string {
  return gtid.slice(0, gtid.indexOf("-"));
}
