import type { Operation } from "../core/change-event.ts";
import type { ColumnType, TableSchema } from "../core/schema.ts";
import type { ColumnReader } from "./record-layout.ts";
import type { RecordIntake } from "./record-intake.ts";
import { createRecordTable, type RecordTable } from "./record-table.ts";
import type { TableDescriptions } from "./table-descriptions.ts";

/** Rows of a record whose columns' types MySQL has to tell. */
export interface DescribedRecord {
  readonly database: string;
  readonly table: string;
  readonly operation: Operation;
  /** Scans the rows into the batch, which was opened. Repeated when the definition had to be asked for again. */
  readonly addRows: () => void;
}

/** Begins with this: a member of the record that is none of the row, as Debezium adds them. */
const META_PREFIX = "__";

/** Brings rows into the batch whose definitions MySQL tells. */
export class DescribedRows {
  readonly #intake: RecordIntake;
  readonly #descriptions: TableDescriptions;
  readonly #readerOf: (type: ColumnType) => ColumnReader;
  readonly #tables = new WeakMap<TableSchema, RecordTable>();
  /** How many names that are no columns were known when the definition was asked for last. */
  readonly #unknown = new WeakMap<RecordTable, number>();

  constructor(
    intake: RecordIntake,
    descriptions: TableDescriptions,
    readerOf: (type: ColumnType) => ColumnReader,
  ) {
    this.#intake = intake;
    this.#descriptions = descriptions;
    this.#readerOf = readerOf;
  }

  /** Adds the record's rows, or a gap where the table does not exist any more. A promise when MySQL has to be asked. Throws a RecordFault. */
  add(record: DescribedRecord): Promise<void> | undefined {
    const schema = this.#descriptions.fresh(record.database, record.table);
    if (schema === undefined) return this.#askAndAdd(record);
    return this.#addAs(schema, record) ? undefined : this.#askAndAdd(record);
  }

  async #askAndAdd(record: DescribedRecord): Promise<void> {
    const { database, table } = record;
    const schema = await this.#descriptions.ask(database, table);
    if (this.#addAs(schema, record) || schema === null) return;
    // names that MySQL does not have now are columns that are gone
    const known = this.#tableOf(schema);
    this.#unknown.set(known, known.scanner.unknown.size);
  }

  /** Adds the rows; false when they have columns that the definition has not. */
  #addAs(schema: TableSchema | null, record: DescribedRecord): boolean {
    const { database, table, operation, addRows } = record;
    if (schema === null) {
      const detail =
        "it does not exist any more, and its records do not tell the types of its columns";
      this.#intake.addGap({ code: "SCHEMA_MISMATCH", database, table, detail });
      return true;
    }
    const known = this.#tableOf(schema);
    const { batch, record: view } = this.#intake;
    batch.open(known, view.bytes);
    addRows();
    batch.finish(operation);
    const { unknown } = known.scanner;
    if (unknown.size <= (this.#unknown.get(known) ?? 0)) return true;
    const hasColumn = [...unknown].some((name) => !name.startsWith(META_PREFIX));
    if (!hasColumn) this.#unknown.set(known, unknown.size);
    return !hasColumn;
  }

  #tableOf(schema: TableSchema): RecordTable {
    let known = this.#tables.get(schema);
    if (known === undefined) {
      const { database, table, columns } = schema;
      const primaryKey = schema.primaryKey.map((index) => columns[index]!.name);
      const ids = this.#intake.options.idColumns(database, table);
      known = createRecordTable({ database, table, columns, primaryKey }, this.#readerOf, ids);
      this.#tables.set(schema, known);
    }
    return known;
  }
}
