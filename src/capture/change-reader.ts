import { EventType, FLAG_ARTIFICIAL, FLAG_IGNORABLE } from "../binlog/constants.ts";
import {
  type DecodeCollation,
  decodeExecuteLoadQuery,
  decodeGtid,
  decodeMariadbGtid,
  decodeQuery,
  decodeRotate,
  decodeTaggedGtid,
} from "../binlog/events.ts";
import { uncompressMariadb } from "../binlog/mariadb-compression.ts";
import { decodeRowsBody, ROWS_EVENT_TYPES, type RowsEventType } from "../binlog/rows-event.ts";
import { readTableId, readTableName } from "../binlog/table-map.ts";
import {
  decodeTransactionPayload,
  type TransactionPayload,
} from "../binlog/transaction-payload.ts";
import type { ChangeEvent } from "../core/change-event.ts";
import type { LogPlace, SourcePosition } from "../core/checkpoint.ts";
import { TailraceError } from "../core/errors.ts";
import { GapEvents, type GapScope } from "./gap-events.ts";
import type { LogPosition } from "./log-position.ts";
import { RowChanges } from "./row-changes.ts";
import { type LoggedStatement, schemaChange } from "./schema-changes.ts";
import { classifyStatement } from "./statement.ts";
import type { TableEntry } from "./table-entry.ts";
import type { TableRegistry } from "./table-registry.ts";
import { XaTransactions } from "./xa-transactions.ts";

/** What handling one binlog event gave. */
export interface Handled {
  /** Change events for the pipeline, in order; usually none or one. */
  readonly events: readonly ChangeEvent[];
  /** The next event may be handled only after this. */
  readonly until?: Promise<void> | undefined;
  /** A compressed transaction whose events come next. */
  readonly payload?: TransactionPayload | undefined;
  /**
   * Held rows of an XA transaction that is now committed: their events come next, at the present position, then what `commit` gives. It is called behind the
   * last of them: until then reading resumes before the prepare.
   */
  readonly replay?:
    | { readonly events: readonly Buffer[]; readonly commit: () => readonly ChangeEvent[] }
    | undefined;
}

/** A binlog event in a buffer, its header included and its checksum not. */
export interface EventView {
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
}

/** What the reader asks of its surroundings. */
export interface ChangeReaderOptions extends Omit<GapScope, "seenTables" | "resumePosition"> {
  readonly tables: TableRegistry;
  /** Up to here the log was read before: XA transactions that end there need not be known. */
  readonly readTo?: LogPlace | undefined;
  /** Decodes what is written in a collation's character set; without it everything is taken for UTF-8. */
  readonly decodeCollation?: DecodeCollation;
  /** Only places are looked for: an INCIDENT is passed over. Default false. */
  readonly isSurvey?: boolean | undefined;
}

const NOTHING: Handled = { events: [] };
const HEADER_BYTES = 19;
/** Table id of an empty rows event that only ends a statement. */
const DUMMY_TABLE_ID = 0xff_ffff;

/**
 * Turns binlog events into change events: follows positions, transactions, table definitions and statements. Knows no sockets. One event after the
 * other; the rows event that it returns is reused.
 */
export class ChangeReader {
  readonly #tables: TableRegistry;
  readonly #position: LogPosition;
  readonly #decodeCollation: DecodeCollation | undefined;
  readonly #isSurvey: boolean;
  readonly #scope: GapScope;
  readonly #gaps: GapEvents;
  readonly #xa = new XaTransactions();
  readonly #isCaptured: (database: string, table: string) => boolean;
  /** Ids of tables that are not captured, as the open XA transaction has named them. */
  readonly #ignoredInXa = new Set<number>();
  readonly #rows: RowChanges;
  #gtid: string | undefined;
  #commitTimeUs = 0;
  #inTransaction = false;
  /** GTIDs stand for all before them (MariaDB). */
  #hasOrderedGtids = false;
  /** Behind the last transaction that was read whole, with its GTID; prepared XA transactions may lie before it. */
  #end: SourcePosition;
  /** Up to here everything was read before, on an earlier connection. */
  #readTo: LogPlace | undefined;
  /** Captured tables that the open transaction has touched, for a ROLLBACK in the log. */
  readonly #touched = new Set<TableEntry>();
  /** Inside a payload events have no positions of their own. */
  #insidePayload = false;

  constructor(options: ChangeReaderOptions) {
    this.#decodeCollation = options.decodeCollation;
    this.#isSurvey = options.isSurvey === true;
    this.#scope = {
      ...options,
      seenTables: () => options.tables.capturedTables(),
      resumePosition: () => this.#resumePosition(),
    };
    this.#gaps = new GapEvents(this.#scope);
    this.#isCaptured = (database, table) => options.isCaptured(database, table);
    this.#tables = options.tables;
    this.#position = options.position;
    this.#rows = new RowChanges(options.position, () => this.#resumePosition());
    this.#end = { file: options.position.file, position: options.position.position };
    this.#readTo = options.readTo;
  }

  /** Where reading can resume: behind the last transaction that was read whole, and before every XA transaction that is prepared. */
  get resumePosition(): SourcePosition {
    return this.#xa.resumeAt ?? this.#end;
  }

  /** Up to here everything was turned into changes, but for prepared XA transactions, whose rows come at their commit; null inside a transaction. */
  get place(): LogPlace | null {
    const { file, position } = this.#position;
    return this.#inTransaction || file === "" ? null : { file, position };
  }

  /** The connection is gone: what was read of an open transaction will be read again, and so will prepared XA transactions. */
  reset(): void {
    this.#readTo = this.#knownTo() ?? { file: this.#end.file, position: this.#end.position };
    this.#end = this.resumePosition;
    this.#inTransaction = false;
    this.#insidePayload = false;
    this.#gtid = undefined;
    this.#touched.clear();
    this.#tables.forgetIds();
    this.#xa.clear();
  }

  /** The events of a compressed transaction or of a committed XA transaction begin (true) or are through (false). */
  set insidePayload(inside: boolean) {
    this.#insidePayload = inside;
  }

  /** Handles one event. Throws BINLOG_* for what may not be skipped. */
  handle({ bytes, start, end }: EventView): Handled {
    const type = bytes[start + 4]!;
    const flags = bytes[start + 17]! | (bytes[start + 18]! << 8);
    const body = start + HEADER_BYTES;
    const artificial = (flags & FLAG_ARTIFICIAL) !== 0;
    if (
      !this.#insidePayload &&
      !artificial &&
      type !== EventType.FORMAT_DESCRIPTION &&
      type !== EventType.HEARTBEAT &&
      type !== EventType.HEARTBEAT_V2
    ) {
      const endPosition = bytes.readUInt32LE(start + 13);
      if (endPosition !== 0) this.#position.advance(endPosition);
    }
    const rows = ROWS_EVENT_TYPES.get(type);
    if (rows !== undefined)
      return this.#xa.open
        ? this.#holdXa(bytes, start, end)
        : this.#handleRows(rows, bytes, body, end);
    switch (type) {
      case EventType.TABLE_MAP: {
        if (this.#xa.open) return this.#holdXaTable(bytes, start, end);
        const until = this.#tables.define(bytes, body, end);
        return until === undefined ? NOTHING : { events: [], until };
      }
      case EventType.XID:
        return this.#commit(this.#timeOf(bytes, start));
      case EventType.GTID:
        return this.#startTransaction(decodeGtid(bytes, body, end, false));
      case EventType.ANONYMOUS_GTID:
        return this.#startTransaction(decodeGtid(bytes, body, end, true));
      case EventType.GTID_TAGGED:
        return this.#startTransaction(decodeTaggedGtid(bytes, body, end));
      case EventType.MARIADB_GTID:
        return this.#startMariadb(bytes, start, end);
      case EventType.QUERY:
        return this.#handleQuery(bytes, start, body, end);
      case EventType.MARIADB_QUERY_COMPRESSED:
        return this.#handleCompressedQuery(bytes, start, end);
      case EventType.EXECUTE_LOAD_QUERY:
        return this.#handleLoadQuery(bytes, body, end);
      case EventType.TRANSACTION_PAYLOAD:
        return { events: [], payload: decodeTransactionPayload(bytes, body, end) };
      case EventType.XA_PREPARE:
        return this.#handleXaPrepare(bytes, start, end);
      case EventType.ROTATE:
        return this.#handleRotate(bytes, body, end, artificial);
      case EventType.HEARTBEAT:
      case EventType.HEARTBEAT_V2:
        return this.#handleHeartbeat(bytes.readUInt32LE(start + 13));
      case EventType.INCIDENT:
        if (this.#isSurvey) return NOTHING;
        throw new TailraceError(
          "BINLOG_INCIDENT",
          `The log holds an INCIDENT event at ${this.#place()}.`,
        );
      default:
        if (HARMLESS.has(type) || (flags & FLAG_IGNORABLE) !== 0) return NOTHING;
        throw new TailraceError(
          "BINLOG_UNSUPPORTED",
          `Event type ${type} at ${this.#place()} is unknown and may not be ignored.`,
        );
    }
  }

  #handleRows(type: RowsEventType, bytes: Buffer, body: number, end: number): Handled {
    const tableId = readTableId(bytes, body);
    const entry = this.#tables.get(tableId);
    if (entry === undefined) {
      if (tableId === DUMMY_TABLE_ID) return NOTHING;
      throw new TailraceError(
        "BINLOG_CORRUPT",
        `Rows at ${this.#place()} belong to table id ${tableId}, which no TABLE_MAP has named.`,
      );
    }
    if (entry.kind === "ignored") return NOTHING;
    if (entry.kind === "undecodable")
      return { events: this.#gaps.ofTables(entry.code, [entry], entry.detail) };
    this.#touched.add(entry);
    const range = decodeRowsBody(type, bytes, { start: body, end });
    const columns = entry.version.schema.columns.length;
    if (range.columnCount !== columns) {
      throw new TailraceError(
        "BINLOG_CORRUPT",
        `Rows at ${this.#place()} have ${range.columnCount} columns, their TABLE_MAP ${columns}.`,
      );
    }
    return this.#rows.read(type, range, entry, bytes.readUInt32LE(body - HEADER_BYTES));
  }

  #startTransaction(event: {
    readonly gtid: string | undefined;
    readonly commitTimeUs: number;
  }): Handled {
    this.#gtid = event.gtid;
    this.#commitTimeUs = event.commitTimeUs;
    this.#rows.startTransaction(event);
    return NOTHING;
  }

  #startMariadb(bytes: Buffer, start: number, end: number): Handled {
    const event = decodeMariadbGtid(
      bytes,
      start + HEADER_BYTES,
      end,
      bytes.readUInt32LE(start + 5),
    );
    this.#startTransaction(event);
    this.#inTransaction = !event.standalone;
    this.#hasOrderedGtids = true;
    if (event.xaPrepared) this.#beginXa();
    return NOTHING;
  }

  #handleCompressedQuery(bytes: Buffer, start: number, end: number): Handled {
    // as QUERY, but the statement behind the database's name is compressed
    const body = start + HEADER_BYTES;
    const head = body + 13 + bytes.readUInt16LE(body + 11) + bytes[body + 8]! + 1;
    const statement = uncompressMariadb(bytes.subarray(head, end));
    const plain = Buffer.concat([bytes.subarray(start, head), statement]);
    return this.#handleQuery(plain, 0, HEADER_BYTES, plain.length);
  }

  #handleQuery(bytes: Buffer, start: number, body: number, end: number): Handled {
    const query = decodeQuery(bytes, { start: body, end }, this.#decodeCollation);
    const statement = classifyStatement(query.statement, query.database);
    switch (statement.kind) {
      case "begin":
        this.#inTransaction = true;
        return NOTHING;
      case "create-select":
        this.#inTransaction = true;
        return { events: this.#schemaChange(query, bytes.readUInt32LE(start)) };
      case "inside":
      case "xa-end":
        return NOTHING;
      case "xa-start":
        this.#inTransaction = true;
        this.#beginXa();
        return NOTHING;
      case "xa-commit":
      case "xa-rollback":
        return this.#finishXa(
          statement.xid,
          statement.kind === "xa-commit",
          this.#timeOf(bytes, start),
        );
      case "rollback": {
        const touched = [...this.#touched].flatMap((entry) =>
          entry.kind === "captured" ? [entry.version.schema] : [],
        );
        const gaps =
          touched.length === 0
            ? []
            : this.#gaps.ofTables(
                "BINLOG_ROLLED_BACK",
                touched,
                "ROLLBACK was logged after its rows",
              );
        return { events: [...gaps, ...this.#commit(this.#timeOf(bytes, start)).events] };
      }
      case "commit":
        return this.#commit(this.#timeOf(bytes, start));
      default: {
        const events = [
          ...this.#schemaChange(query, bytes.readUInt32LE(start)),
          ...this.#gaps.ofStatement(statement),
        ];
        if (statement.kind !== "dml") this.#tables.forgetLookups();
        return this.#inTransaction
          ? { events }
          : { events: [...events, ...this.#commit(this.#timeOf(bytes, start)).events] };
      }
    }
  }

  #schemaChange(statement: LoggedStatement, timestampS: number): readonly ChangeEvent[] {
    const change = schemaChange(statement, this.#rows.origin(timestampS), this.#scope);
    return change === null ? [] : [change];
  }

  /** LOAD DATA, logged as a statement. */
  #handleLoadQuery(bytes: Buffer, body: number, end: number): Handled {
    const { statement, database } = decodeExecuteLoadQuery(
      bytes,
      { start: body, end },
      this.#decodeCollation,
    );
    const classified = classifyStatement(statement, database);
    const tables = classified.kind === "dml" ? classified.tables : this.#tables.capturedTables();
    const detail = "LOAD DATA was logged as a statement";
    return { events: this.#gaps.ofTables("BINLOG_STATEMENT", tables, detail) };
  }

  /** `released`: GTIDs of earlier transactions that may be acknowledged from now on. */
  #commit(commitTimeUs: number, released: readonly string[] = []): Handled {
    const gtid = this.#gtid;
    this.#endTransaction();
    const isHeld = gtid !== undefined && this.#xa.holdGtid(gtid);
    const gtids = isHeld || gtid === undefined ? released : [...released, gtid];
    const event: ChangeEvent = {
      kind: "commit",
      position: this.#resumePosition(gtids.length === 0 ? undefined : gtids.join(",")),
      commitTimeUs: this.#commitTimeUs === 0 ? commitTimeUs : this.#commitTimeUs,
    };
    this.#commitTimeUs = 0;
    return { events: [event] };
  }

  /** The group of events at hand ends here. */
  #endTransaction(): void {
    const { file, position } = this.#position;
    this.#end = { file, position, gtid: this.#gtid ?? this.#end.gtid };
    this.#inTransaction = false;
    this.#gtid = undefined;
    this.#touched.clear();
  }

  #beginXa(): void {
    this.#xa.begin({ gtid: this.#gtid, resumeAt: this.#end, isOrdered: this.#hasOrderedGtids });
  }

  #handleXaPrepare(bytes: Buffer, start: number, end: number): Handled {
    const events = this.#xa.prepare(bytes.subarray(start + HEADER_BYTES, end));
    if (events !== null) {
      const commitTimeUs = this.#timeOf(bytes, start);
      return { events: [], replay: { events, commit: () => this.#commit(commitTimeUs).events } };
    }
    this.#endTransaction();
    return NOTHING;
  }

  #finishXa(xid: string, isCommit: boolean, commitTimeUs: number): Handled {
    const events = this.#xa.eventsOf(xid);
    if (events === undefined) {
      const isMissed = isCommit && this.#knownTo() === undefined;
      const gaps = isMissed ? [this.#gaps.unnamed("BINLOG_XA_UNKNOWN", `XA COMMIT ${xid}`)] : [];
      return { events: [...gaps, ...this.#commit(commitTimeUs).events] };
    }
    const commit = (): readonly ChangeEvent[] =>
      this.#commit(commitTimeUs, this.#xa.finish(xid)).events;
    return isCommit ? { events: [], replay: { events, commit } } : { events: commit() };
  }

  /** Keeps a TABLE_MAP of an open XA transaction, or remembers that its table is not captured. */
  #holdXaTable(bytes: Buffer, start: number, end: number): Handled {
    const body = start + HEADER_BYTES;
    const { database, table } = readTableName(bytes, body, end);
    const id = readTableId(bytes, body);
    if (this.#isCaptured(database, table)) this.#ignoredInXa.delete(id);
    else this.#ignoredInXa.add(id);
    return this.#holdXa(bytes, start, end);
  }

  /** Keeps an event of an open XA transaction, unless its table is not captured. */
  #holdXa(bytes: Buffer, start: number, end: number): Handled {
    if (this.#ignoredInXa.has(readTableId(bytes, start + HEADER_BYTES))) return NOTHING;
    this.#xa.hold(Buffer.from(bytes.subarray(start, end)));
    return NOTHING;
  }

  #handleRotate(bytes: Buffer, body: number, end: number, artificial: boolean): Handled {
    const { file, position } = decodeRotate(bytes, body, end);
    this.#position.rotate(file, position);
    if (!artificial) this.#tables.forgetIds();
    return NOTHING;
  }

  #handleHeartbeat(low: number): Handled {
    if (this.#inTransaction || this.#position.file === "") return NOTHING;
    if (low > this.#position.position % 2 ** 32) this.#position.advance(low);
    const { file, position } = this.#position;
    this.#end = { file, position, gtid: this.#end.gtid };
    return { events: [{ kind: "heartbeat", position: this.#resumePosition() }] };
  }

  /** Where reading can resume if the transaction at hand ends here: before the oldest prepared XA transaction. */
  #resumePosition(gtid = this.#gtid): SourcePosition {
    const { file, position } = this.#position;
    const { resumeAt } = this.#xa;
    const readTo = this.#knownTo();
    if (resumeAt === null) return { file, position, gtid, readTo };
    const here = { file, position };
    return { file: resumeAt.file, position: resumeAt.position, gtid, readTo: readTo ?? here };
  }

  /** Up to where the log was read before, as long as it is not read further. */
  #knownTo(): LogPlace | undefined {
    if (this.#readTo !== undefined && !this.#position.isWithin(this.#readTo))
      this.#readTo = undefined;
    return this.#readTo;
  }

  /** The header's time, µs. */
  #timeOf(bytes: Buffer, start: number): number {
    return bytes.readUInt32LE(start) * 1e6;
  }

  #place(): string {
    return `${this.#position.file}:${this.#position.position}`;
  }
}

/** Known types that carry no rows and no position of their own. */
const HARMLESS: ReadonlySet<number> = new Set([
  EventType.START_EVENT_V3,
  EventType.STOP,
  EventType.FORMAT_DESCRIPTION,
  EventType.INTVAR,
  EventType.RAND,
  EventType.USER_VAR,
  EventType.APPEND_BLOCK,
  EventType.DELETE_FILE,
  EventType.BEGIN_LOAD_QUERY,
  EventType.IGNORABLE,
  EventType.ROWS_QUERY,
  EventType.PREVIOUS_GTIDS,
  EventType.TRANSACTION_CONTEXT,
  EventType.VIEW_CHANGE,
  EventType.MARIADB_ANNOTATE_ROWS,
  EventType.MARIADB_BINLOG_CHECKPOINT,
  EventType.MARIADB_GTID_LIST,
  EventType.MARIADB_START_ENCRYPTION,
]);
