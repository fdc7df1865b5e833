import type { Operation, SchemaChangeType } from "../core/change-event.ts";
import { canalReader } from "./canal-columns.ts";
import { CanalTables } from "./canal-tables.ts";
import type { FoundTable } from "./definition-cache.ts";
import { DescribedRows } from "./described-rows.ts";
import { firstElement, nextElement } from "./json-arrays.ts";
import type { JsonMembers } from "./json-members.ts";
import { Ascii, RecordFault, skipValue } from "./json-scanner.ts";
import type { RecordIntake } from "./record-intake.ts";
import {
  memberIs,
  memberNumber,
  memberText,
  type RecordMember,
  tableNameOf,
} from "./record-members.ts";
import type { TableDescriptions } from "./table-descriptions.ts";

const OPERATIONS: Readonly<Record<string, Operation>> = {
  INSERT: "insert",
  UPDATE: "update",
  DELETE: "delete",
};

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

  /** Decodes the record whose members were read; a promise when its definition has to be asked for. Throws a RecordFault. */
  decode(): Promise<void> | undefined {
    const { bytes: b } = this.#intake.record;
    const type = memberText(b, this.#members, "type");
    this.#intake.noteTime(memberNumber(b, this.#members, "es"));
    this.#intake.gtid = memberText(b, this.#members, "gtid") || undefined;
    const operation = Object.hasOwn(OPERATIONS, type) ? OPERATIONS[type]! : null;
    if (operation !== null && this.#members.start("data") >= 0) {
      if (this.#members.start("mysqlType") < 0) return this.#addDescribed(b, operation);
      const found = this.#tables.find();
      if (found instanceof Promise) return found.then((table) => this.#addAs(table, operation));
      this.#addAs(found, operation);
    } else if (SCHEMA_CHANGES.has(type)) {
      this.#addStatement(b, type as SchemaChangeType);
    } else if (operation !== null || this.#members.start("data") >= 0) {
      throw new RecordFault(operation === null ? "its type is no operation" : "it has no data");
    }
    return undefined;
  }

  /** Other writers of the format leave types out. */
  #addDescribed(b: Buffer, operation: Operation): Promise<void> | undefined {
    const { database, table } = tableNameOf(b, this.#members);
    if (!this.#intake.options.isCaptured(database, table)) return undefined;
    const addRows = (): void => this.#addRows(b, operation);
    return this.#rows.add({ database, table, operation, addRows });
  }

  #addAs(table: FoundTable, operation: Operation): void {
    const { bytes: b } = this.#intake.record;
    if (table === null) return;
    this.#intake.batch.open(table, operation, b);
    this.#addRows(b, operation);
  }

  #addRows(b: Buffer, operation: Operation): void {
    const { batch } = this.#intake;
    const end = this.#members.end("data");
    const oldEnd = this.#members.end("old");
    let old = operation === "update" ? this.#members.start("old") : -1;
    if (old >= 0) old = firstElement(b, old, oldEnd);
    for (let p = firstElement(b, this.#members.start("data"), end); p >= 0;) {
      const hasOld = old >= 0 && b[old] === Ascii.OPEN_OBJECT;
      p = nextElement(b, batch.add(p, end, hasOld ? old : -1, oldEnd), end);
      if (old < 0) continue;
      old = nextElement(b, hasOld ? batch.behindBefore : skipValue(b, old, oldEnd), oldEnd);
    }
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
