import type { Operation, SchemaChangeType } from "../core/change-event.ts";
import { DescribedRows } from "./described-rows.ts";
import type { JsonMembers } from "./json-members.ts";
import { RecordFault } from "./json-scanner.ts";
import { maxwellReader } from "./maxwell-columns.ts";
import type { RecordIntake } from "./record-intake.ts";
import { memberNumber, memberText, type RecordMember, tableNameOf } from "./record-members.ts";
import type { TableDescriptions } from "./table-descriptions.ts";

const OPERATIONS: Readonly<Record<string, Operation>> = {
  insert: "insert",
  update: "update",
  delete: "delete",
  "bootstrap-insert": "insert",
};

const SCHEMA_CHANGES: Readonly<Record<string, SchemaChangeType>> = {
  "table-create": "CREATE",
  "table-alter": "ALTER",
  "table-drop": "ERASE",
  "database-create": "QUERY",
  "database-alter": "QUERY",
  "database-drop": "QUERY",
};

/** Tell how a bootstrap or Maxwell itself gets on. */
const NOTICES: ReadonlySet<string> = new Set([
  "bootstrap-start",
  "bootstrap-complete",
  "bootstrap-heartbeat",
  "heartbeat",
]);

/**
 * Decodes Maxwell's records (https://maxwells-daemon.io/dataformat/), a row each:
 *
 *     {"database": …, "table": …, "type": "update", "ts": s, "data": {…}, "old": {…}, …}        "old": what has changed
 *     {"type": "table-alter", "database": …, "table": …, "sql": …, "ts": ms, …}
 */
export class MaxwellDecoder {
  readonly #intake: RecordIntake;
  readonly #members: JsonMembers<RecordMember>;
  readonly #rows: DescribedRows;
  readonly #descriptions: TableDescriptions;

  constructor(
    intake: RecordIntake,
    members: JsonMembers<RecordMember>,
    descriptions: TableDescriptions,
  ) {
    this.#intake = intake;
    this.#members = members;
    this.#descriptions = descriptions;
    this.#rows = new DescribedRows(intake, descriptions, maxwellReader);
  }

  /** Decodes the record whose members were read; a promise when the table's definition has to be asked for. Throws a RecordFault. */
  decode(): Promise<void> | undefined {
    const intake = this.#intake;
    const members = this.#members;
    const { bytes: b } = intake.record;
    const type = memberText(b, members, "type");
    if (NOTICES.has(type)) return undefined;
    intake.gtid = memberText(b, members, "gtid") || undefined;
    if (Object.hasOwn(SCHEMA_CHANGES, type)) {
      this.#descriptions.expire();
      intake.noteTime(memberNumber(b, members, "ts"));
      // these come in a topic of their own, whose order says nothing of the rows'
      intake.isOrdered = false;
      const database = memberText(b, members, "database");
      const table = memberText(b, members, "table");
      const change = { database, table, type: SCHEMA_CHANGES[type]! };
      intake.addStatement(memberText(b, members, "sql"), change);
      return undefined;
    }
    if (!Object.hasOwn(OPERATIONS, type)) throw new RecordFault("its type is no operation");
    if (members.start("data") < 0) throw new RecordFault("it has no data");
    const { database, table } = tableNameOf(b, members);
    if (!intake.options.isCaptured(database, table)) return undefined;
    intake.noteTime(memberNumber(b, members, "ts") * 1000);
    const addRows = (): void => {
      intake.batch.add(members.start("data"), members.end("data"));
      const old = type === "update" ? members.start("old") : -1;
      if (old >= 0) intake.batch.addBefore(0, old, members.end("old"));
    };
    return this.#rows.add({ database, table, operation: OPERATIONS[type]!, addRows });
  }
}
