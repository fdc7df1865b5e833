import type { TableSchema } from "../core/schema.ts";
import { connectColumnType, type ConnectSchema, propagatedType } from "./connect-schema.ts";
import { debeziumReader } from "./debezium-columns.ts";
import type { ChangeSource } from "./debezium-source.ts";
import { DefinitionCache, type FoundTable } from "./definition-cache.ts";
import { RecordFault } from "./json-scanner.ts";
import type { RecordIntake } from "./record-intake.ts";
import { type RecordTable, createRecordTable } from "./record-table.ts";
import type { TableDescriptions } from "./table-descriptions.ts";

/** Where a record's schema lies and what it is the schema of. */
export interface SchemaPlace extends ChangeSource {
  readonly start: number;
  readonly end: number;
  /** Names of the key's columns, in its order. */
  readonly keyNames: readonly string[];
}

/**
 * Tables that records with schemas define. Where MySQL can be asked it tells the types, which schemas tell but in part, and the schema tells how values are written.
 */
export class DebeziumTables {
  readonly #intake: RecordIntake;
  readonly #descriptions: TableDescriptions;
  readonly #caches = new Map<string, DefinitionCache>();
  readonly #last = new Map<string, RecordTable>();

  constructor(intake: RecordIntake, descriptions: TableDescriptions) {
    this.#intake = intake;
    this.#descriptions = descriptions;
  }

  /** The table of a record with this schema; a promise when MySQL is to be asked. Throws a RecordFault. */
  find(place: SchemaPlace): FoundTable | Promise<FoundTable> {
    const { bytes: b } = this.#intake.record;
    const key = JSON.stringify([place.database, place.table, place.keyNames]);
    let cache = this.#caches.get(key);
    if (cache === undefined) {
      cache = new DefinitionCache();
      this.#caches.set(key, cache);
    }
    const parts = [place.start, place.end];
    const known = cache.known(b, parts);
    if (known !== undefined) return known;
    const { database, table } = place;
    const keep = (described: TableSchema | null): RecordTable => {
      const found = this.#define(place, described);
      cache.keep(b, parts, found);
      return found;
    };
    const described = this.#descriptions.fresh(database, table);
    if (described !== undefined || !this.#descriptions.canAsk) return keep(described ?? null);
    return this.#descriptions.ask(database, table).then(keep);
  }

  #define(place: SchemaPlace, described: TableSchema | null): RecordTable {
    const { database, table, keyNames } = place;
    const fields = rowFields(this.#parse(place));
    if (fields === null) throw new RecordFault("its schema tells no columns", place.start);
    const columns = fields.map((field) => {
      const { field: name = "" } = field;
      const type = described?.columns.find((column) => column.name === name)?.type;
      const isExact = type !== undefined || propagatedType(field) !== null;
      return { name, type: type ?? connectColumnType(field), encoding: { schema: field, isExact } };
    });
    const primaryKey = described === null ? keyNames : keyOf(described);
    const defined = createRecordTable(
      { database, table, columns, primaryKey },
      (type, index) => debeziumReader(type, columns[index]!.encoding),
      this.#intake.options.idColumns(database, table),
    );
    this.#last.set(JSON.stringify([database, table]), defined);
    return defined;
  }

  /** The table as it was defined last; undefined = no record of it was seen. */
  last({ database, table }: ChangeSource): RecordTable | undefined {
    return this.#last.get(JSON.stringify([database, table]));
  }

  #parse({ start, end }: SchemaPlace): ConnectSchema {
    return JSON.parse(this.#intake.record.bytes.toString("utf8", start, end)) as ConnectSchema;
  }
}

function keyOf({ columns, primaryKey }: TableSchema): readonly string[] {
  return primaryKey.map((index) => columns[index]!.name);
}

/** The fields of a row: those of an envelope's `after`, or those of an unwrapped row without what was added. */
function rowFields(schema: ConnectSchema): readonly ConnectSchema[] | null {
  const fields = schema.fields ?? [];
  const image =
    fields.find(({ field }) => field === "after") ?? fields.find(({ field }) => field === "before");
  const isEnvelope = image?.fields !== undefined && fields.some(({ field }) => field === "op");
  const columns = isEnvelope
    ? image.fields
    : fields.filter(({ field }) => field?.startsWith("__") !== true);
  return columns.length === 0 ? null : columns;
}
