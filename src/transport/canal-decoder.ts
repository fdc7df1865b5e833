import type { Operation, SchemaChangeType } from "../core/change-event.ts";
import { canalReader } from "./canal-columns.ts";
import { CanalTables } from "./canal-tables.ts";
import type { FoundTable } from "./definition-cache.ts";
import { DescribedRows } from "./described-rows.ts";
import { firstElement, nextElement } from "./json-arrays.ts";
import type { JsonMembers } from "./json-members.ts";
import { Ascii, RecordFault, skipSpace, skipValue } from "./json-scanner.ts";
import type { RecordIntake } from "./record-intake.ts";
import {
  memberIs,
  memberNumber,
  memberText,
  type RecordMember,
  tableNameOf,
} from "./record-members.ts";
import type { TableDescriptions } from "./table-descriptions.ts";

const SCHEMA_CHANGES: ReadonlySet<string> = new Set<SchemaChangeType>([
  "CREATE",
  "ALTER",
  "ERASE",
  "TRUNCATE",
  "RENAME",
  "CINDEX",
  "DINDEX",
  "QUERY",
]);

/**
 * Decodes Canal's flat JSON messages (`com.alibaba.otter.canal.protocol.FlatMessage`), ours and Canal's own:
 *
 *     {"data": [{…}, …], "old": [{…}, …] | null, "mysqlType": {"id": "bigint unsigned", …}, "pkNames": ["id"] | null, "database": …, "table": …,
 *      "type": "UPDATE", "isDdl": false, "sql": "", "es": ms, "ts": ms, "gtid": …, …}
 *
 * `old` holds, for each row of an update, columns as they were before: those that changed, with Canal itself also others.
 */
export class CanalDecoder {
  readonly #intake: RecordIntake;
  readonly #members: JsonMembers<RecordMember>;
  readonly #tables: CanalTables;
  readonly #rows: DescribedRows;
  /** Have the rows been scanned with the members? */
  #hasData = false;

  constructor(
    intake: RecordIntake,
    members: JsonMembers<RecordMember>,
    descriptions: TableDescriptions,
  ) {
    this.#intake = intake;
    this.#members = members;
    this.#tables = new CanalTables(intake, members, descriptions);
    this.#rows = new DescribedRows(intake, descriptions, canalReader);
  }

  /**
   * Reads `data` while the record's members are read, when a header tells whose rows they are: then they are scanned but once. Returns the place behind it, -1 when
   * it is not known or no array. Throws a RecordFault.
   */
  readonly readData = (b: Buffer, p: number, end: number): number => {
    if (b[p] !== Ascii.OPEN_ARRAY) return -1;
    const table = this.#tables.findByHeader();
    if (table === undefined || table === null) return -1;
    this.#intake.batch.open(table, b);
    this.#hasData = true;
    return this.#addRows(b, p, end);
  };

  /** A record's members will be read. */
  begin(): void {
    this.#hasData = false;
  }

  /** Decodes the record whose members were read; a promise when its definition has to be asked for. Throws a RecordFault. */
  decode(): Promise<void> | undefined {
    const { bytes: b } = this.#intake.record;
    const members = this.#members;
    this.#intake.noteTime(memberNumber(b, members, "es"));
    this.#intake.gtid = memberText(b, members, "gtid") || undefined;
    const operation = operationAt(b, members.start("type"), members.end("type"));
    if (operation === null) return this.#decodeStatement(b);
    if (this.#hasData) return this.#finish(b, operation);
    if (members.start("data") < 0) throw new RecordFault("it has no data");
    if (members.start("mysqlType") < 0) return this.#addDescribed(b, operation);
    const found = this.#tables.find();
    if (found instanceof Promise) return found.then((table) => this.#addAs(table, operation));
    this.#addAs(found, operation);
    return undefined;
  }

  #decodeStatement(b: Buffer): undefined {
    const type = memberText(b, this.#members, "type");
    this.#intake.batch.clear();
    if (SCHEMA_CHANGES.has(type)) {
      this.#tables.expire();
      this.#addStatement(b, type as SchemaChangeType);
    } else if (this.#members.start("data") >= 0) throw new RecordFault("its type is no operation");
    return undefined;
  }

  /** Other writers of the format leave types out. */
  #addDescribed(b: Buffer, operation: Operation): Promise<void> | undefined {
    const { database, table } = tableNameOf(b, this.#members);
    if (!this.#intake.options.isCaptured(database, table)) return undefined;
    const addRows = (): void => this.#addAll(b, operation);
    return this.#rows.add({ database, table, operation, addRows });
  }

  #addAs(table: FoundTable, operation: Operation): void {
    const { bytes: b } = this.#intake.record;
    if (table === null) return;
    this.#intake.batch.open(table, b);
    this.#addAll(b, operation);
  }

  #addAll(b: Buffer, operation: Operation): void {
    this.#addRows(b, this.#members.start("data"), this.#members.end("data"));
    this.#finish(b, operation);
  }

  /** Scans the rows of the array at `p`; returns the place behind it. */
  #addRows(b: Buffer, p: number, end: number): number {
    const { batch } = this.#intake;
    let q = skipSpace(b, p + 1, end);
    if (q < end && b[q] === Ascii.CLOSE_ARRAY) return q + 1;
    for (;;) {
      q = skipSpace(b, batch.add(q, end), end);
      const byte = q < end ? b[q] : -1;
      if (byte === Ascii.CLOSE_ARRAY) return q + 1;
      if (byte !== Ascii.COMMA) throw new RecordFault("no comma and no end of the rows", q);
      q = skipSpace(b, q + 1, end);
    }
  }

  /** What has happened to the rows, and what they were before an update. */
  #finish(b: Buffer, operation: Operation): undefined {
    const { batch } = this.#intake;
    batch.finish(operation);
    const start = operation === "update" ? this.#members.start("old") : -1;
    if (start < 0) return undefined;
    const end = this.#members.end("old");
    let old = firstElement(b, start, end);
    for (let row = 0; old >= 0 && row < batch.count; row++) {
      const isTold = b[old] === Ascii.OPEN_OBJECT;
      const behind = isTold ? batch.addBefore(row, old, end) : skipValue(b, old, end);
      old = nextElement(b, behind, end);
    }
    return undefined;
  }

  /** A statement: what it did to rows, and the notice that it was. */
  #addStatement(b: Buffer, type: SchemaChangeType): void {
    this.#intake.addStatement(memberText(b, this.#members, "sql"), {
      database: memberText(b, this.#members, "database"),
      table: memberText(b, this.#members, "table"),
      type: memberIs(b, this.#members, "isDdl", "true") ? type : null,
    });
  }
}

const INSERT = Buffer.from('"INSERT"');
const UPDATE = Buffer.from('"UPDATE"');
const DELETE = Buffer.from('"DELETE"');

function operationAt(b: Buffer, start: number, end: number): Operation | null {
  if (start < 0 || end - start !== INSERT.length) return null;
  if (b.compare(INSERT, 0, INSERT.length, start, end) === 0) return "insert";
  if (b.compare(UPDATE, 0, UPDATE.length, start, end) === 0) return "update";
  return b.compare(DELETE, 0, DELETE.length, start, end) === 0 ? "delete" : null;
}
