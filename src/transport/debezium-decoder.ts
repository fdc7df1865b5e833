import type { Operation } from "../core/change-event.ts";
import { debeziumReader } from "./debezium-columns.ts";
import { type ChangeSource, readFlatRow, readSource, sourceOfTopic } from "./debezium-source.ts";
import { DebeziumTables } from "./debezium-tables.ts";
import type { FoundTable } from "./definition-cache.ts";
import { DescribedRows } from "./described-rows.ts";
import { listMembers } from "./json-arrays.ts";
import { createJsonMembers, type JsonMembers } from "./json-members.ts";
import { Ascii, RecordFault, skipSpace } from "./json-scanner.ts";
import type { RecordIntake } from "./record-intake.ts";
import { createRecordMembers, memberText, type RecordMember } from "./record-members.ts";
import type { TableDescriptions } from "./table-descriptions.ts";

const OPERATIONS: Readonly<Record<string, Operation>> = {
  c: "insert",
  r: "insert",
  u: "update",
  d: "delete",
};

/** A row and what it is part of; places in the record's bytes, -1 = not there. */
interface RowPlace extends ChangeSource {
  readonly operation: Operation;
  /** The row, and what it was before an update. */
  readonly start: number;
  readonly end: number;
  readonly before: number;
  readonly beforeEnd: number;
  readonly schemaStart: number;
  readonly schemaEnd: number;
}

/** Of an unwrapped row; behind an envelope's deletion it would say nothing, but which of them the topic has no record has told yet. */
const UNKNOWN_DELETION = {
  code: "KAFKA_RECORD_INCOMPLETE",
  detail:
    "a tombstone, perhaps the deletion of a row, came before any record that tells the table's columns",
} as const;

interface KeyPlace {
  readonly start: number;
  readonly end: number;
  readonly schemaStart: number;
  readonly schemaEnd: number;
}

/**
 * Decodes Debezium's records as its JSON converter writes them, with schemas (`{"schema": …, "payload": …}`) or without, a row each:
 *
 *     envelope     {"before": {…} | null, "after": {…} | null, "source": {"db": …, "table": …, …}, "op": "c" | "r" | "u" | "d" | "t" | "m", …}
 *     unwrapped    {column: value, …, "__op": …, "__deleted": …, "__table": …}      the transformation ExtractNewRecordState
 *     tombstone    no value: behind an envelope's deletion nothing new, of unwrapped rows the deletion itself
 *
 * Heartbeats, transaction metadata and schema changes give nothing: a snapshot begins with statements that drop every table.
 */
export class DebeziumDecoder {
  readonly #intake: RecordIntake;
  readonly #payload = createRecordMembers();
  readonly #key = createJsonMembers(["schema", "payload"]);
  readonly #tables: DebeziumTables;
  readonly #rows: DescribedRows;
  readonly #descriptions: TableDescriptions;
  /** Topics of envelopes: their tombstones say nothing. */
  readonly #envelopes = new Set<string>();

  constructor(intake: RecordIntake, descriptions: TableDescriptions) {
    this.#intake = intake;
    this.#descriptions = descriptions;
    this.#tables = new DebeziumTables(intake, descriptions);
    this.#rows = new DescribedRows(intake, descriptions, (type) => debeziumReader(type));
  }

  /** Decodes the record whose members were read; a promise when a definition has to be asked for. Throws a RecordFault. */
  decode(members: JsonMembers<RecordMember>): Promise<void> | undefined {
    const { bytes: b, valueStart, valueEnd } = this.#intake.record;
    if (!isWrapped(members))
      return this.#decodePayload(members, skipSpace(b, valueStart, valueEnd), valueEnd, -1, -1);
    const start = members.start("payload");
    if (start < 0) return this.decodeTombstone();
    const end = members.end("payload");
    this.#payload.read(b, start, end);
    return this.#decodePayload(
      this.#payload,
      start,
      end,
      members.start("schema"),
      members.end("schema"),
    );
  }

  /** Decodes a record without a value: the deletion of an unwrapped row. */
  decodeTombstone(): Promise<void> | undefined {
    const { topic } = this.#intake.record;
    const source = sourceOfTopic(topic);
    const { isCaptured } = this.#intake.options;
    if (this.#envelopes.has(topic) || !isCaptured(source.database, source.table)) return undefined;
    const key = this.#readKey();
    if (key === null) throw new RecordFault("it has neither a value nor a row's key");
    const place = { ...source, operation: "delete", start: key.start, end: key.end } as const;
    const known = this.#tables.last(source);
    const row = { ...place, before: -1, beforeEnd: -1, schemaStart: -1, schemaEnd: -1 };
    if (known !== undefined) this.#addAs(known, row);
    else if (key.schemaStart < 0 || this.#descriptions.canAsk) return this.#addRow(row, key);
    else this.#intake.addGap({ ...source, ...UNKNOWN_DELETION });
    return undefined;
  }

  #decodePayload(
    members: JsonMembers<RecordMember>,
    start: number,
    end: number,
    schemaStart: number,
    schemaEnd: number,
  ): Promise<void> | undefined {
    const isEnvelope = members.has("op") && (members.has("before") || members.has("after"));
    if (isEnvelope) return this.#decodeEnvelope(members, schemaStart, schemaEnd);
    if (members.has("ddl") && members.has("source")) {
      this.#descriptions.expire();
      return undefined;
    }
    if (isNotice(members)) return undefined;
    const row = readFlatRow(this.#intake, start, end);
    const { database, table, isDelete, isMarked } = row;
    if (!this.#intake.options.isCaptured(database, table)) {
      if (isMarked) return undefined;
      throw new RecordFault("it is a change in no format that is known");
    }
    // a row that is there now may have been there before: an update whose image before is not told
    const operation = isDelete ? "delete" : "update";
    const before = { before: -1, beforeEnd: -1 };
    return this.#addRow(
      { database, table, operation, start, end, ...before, schemaStart, schemaEnd },
      this.#readKey(),
    );
  }

  #decodeEnvelope(
    members: JsonMembers<RecordMember>,
    schemaStart: number,
    schemaEnd: number,
  ): Promise<void> | undefined {
    const { bytes: b, topic } = this.#intake.record;
    this.#envelopes.add(topic);
    const source = members.start("source");
    const named =
      source < 0 ? sourceOfTopic(topic) : readSource(this.#intake, source, members.end("source"));
    const { database, table } = named;
    if (!this.#intake.options.isCaptured(database, table)) return undefined;
    const op = memberText(b, members, "op");
    if (op === "m") return undefined;
    if (op === "t") {
      const detail = "truncated or dropped";
      const code = "SCHEMA_TABLE_CLEARED";
      this.#intake.addGap({ code, database, table, detail, isEmptied: true });
      return undefined;
    }
    const operation = Object.hasOwn(OPERATIONS, op) ? OPERATIONS[op]! : null;
    if (operation === null) throw new RecordFault("its op is no operation");
    const key = this.#readKey();
    const before = { start: members.start("before"), end: members.end("before") };
    const after = { start: members.start("after"), end: members.end("after") };
    const image =
      operation === "delete" ? (before.start < 0 && key !== null ? key : before) : after;
    if (image.start < 0)
      throw new RecordFault(`it has no ${operation === "delete" ? "before" : "after"}`);
    const old = operation === "update" ? before : { start: -1, end: -1 };
    return this.#addRow(
      {
        database,
        table,
        operation,
        start: image.start,
        end: image.end,
        before: old.start,
        beforeEnd: old.end,
        schemaStart,
        schemaEnd,
      },
      key,
    );
  }

  #addRow(row: RowPlace, key: KeyPlace | null): Promise<void> | undefined {
    const { record } = this.#intake;
    const { database, table, operation, schemaStart } = row;
    const addRows = (): void => this.#addImages(row);
    if (schemaStart < 0) return this.#rows.add({ database, table, operation, addRows });
    const { bytes: b } = record;
    const keyNames = key === null ? [] : listMembers(b, key.start, key.end).map(({ name }) => name);
    const place = { database, table, start: schemaStart, end: row.schemaEnd, keyNames };
    const found = this.#tables.find(place);
    if (found instanceof Promise) return found.then((defined) => this.#addAs(defined, row));
    this.#addAs(found, row);
    return undefined;
  }

  #addAs(table: FoundTable, row: RowPlace): void {
    const { batch, record } = this.#intake;
    if (table === null) return;
    batch.open(table, record.bytes);
    this.#addImages(row);
    batch.finish(row.operation);
  }

  #addImages({ start, end, before, beforeEnd }: RowPlace): void {
    const { batch } = this.#intake;
    batch.add(start, end);
    if (before >= 0) batch.addBefore(0, before, beforeEnd);
  }

  /** Where the record's key is an object of a row's columns; null where it is none. */
  #readKey(): KeyPlace | null {
    const { bytes: b, keyStart, keyEnd } = this.#intake.record;
    if (keyStart < 0) return null;
    const start = skipSpace(b, keyStart, keyEnd);
    if (start >= keyEnd || b[start] !== Ascii.OPEN_OBJECT) return null;
    try {
      if (skipSpace(b, this.#key.read(b, start, keyEnd), keyEnd) !== keyEnd) return null;
    } catch (error) {
      if (error instanceof RecordFault) return null;
      throw error;
    }
    const payload = this.#key.start("payload");
    if (payload < 0 || this.#key.others > 0)
      return { start, end: keyEnd, schemaStart: -1, schemaEnd: -1 };
    if (b[payload] !== Ascii.OPEN_OBJECT) return null;
    return {
      start: payload,
      end: this.#key.end("payload"),
      schemaStart: this.#key.start("schema"),
      schemaEnd: this.#key.end("schema"),
    };
  }
}

/** Are these the members that the JSON converter puts around a value that has a schema? */
export function isWrapped(members: JsonMembers<RecordMember>): boolean {
  return members.has("schema") && members.has("payload") && members.others === 0;
}

/** A heartbeat, the begin or end of a transaction. */
function isNotice(members: JsonMembers<RecordMember>): boolean {
  const isHeartbeat = members.has("ts_ms") && members.count === 1;
  const isTransaction = members.has("status") && members.has("event_count");
  return isHeartbeat || isTransaction;
}
