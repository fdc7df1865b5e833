import type { TableSchema } from "../core/schema.ts";
import { canalReader } from "./canal-columns.ts";
import { parseColumnTypeText } from "./column-type-text.ts";
import { DefinitionCache, type FoundTable } from "./definition-cache.ts";
import { listMembers, parseStrings } from "./json-arrays.ts";
import type { JsonMembers } from "./json-members.ts";
import { RecordFault } from "./json-scanner.ts";
import { contentText } from "./read-text.ts";
import { keyInOrder } from "./record-headers.ts";
import type { RecordIntake } from "./record-intake.ts";
import { type RecordMember, tableNameOf } from "./record-members.ts";
import { withCollations } from "./collations.ts";
import { createRecordTable, type RecordDefinition, type RecordTable } from "./record-table.ts";
import type { TableDescriptions } from "./table-descriptions.ts";

/** A column of a type not known here keeps its text. */
const UNKNOWN_TYPE = {
  kind: "text",
  charset: "utf8mb4",
  maxBytes: 4_294_967_295,
  large: true,
} as const;

/** What a record defines its columns by. */
const DEFINING = ["mysqlType", "pkNames", "database", "table"] as const;

/** MariaDB's JSON as Canal, and SQL, tell it. */
const JSON_OR_TEXT = /^longtext$/i;

/** A definition as a record tells it, and whether MySQL can tell more of it. */
interface ToldDefinition {
  readonly definition: RecordDefinition;
  readonly isVague: boolean;
}

/**
 * Tables as Canal's records define them, by `mysqlType` and `pkNames`. Two things they do not tell: the order of a key of several columns, which Canal names in the order
 * of the table (records of ours tell it in a header), and that a LONGTEXT is MariaDB's JSON. A third are collations, which matter only to rules that compare texts. Where MySQL
 * can be asked, it is.
 */
export class CanalTables {
  readonly #intake: RecordIntake;
  readonly #members: JsonMembers<RecordMember>;
  readonly #descriptions: TableDescriptions;
  readonly #tables = new DefinitionCache();
  /** Has MySQL told more of some table than its records do? */
  #hasAsked = false;

  constructor(
    intake: RecordIntake,
    members: JsonMembers<RecordMember>,
    descriptions: TableDescriptions,
  ) {
    this.#intake = intake;
    this.#members = members;
    this.#descriptions = descriptions;
  }

  /** The table that the record's header names, null when it is not captured; undefined when there is no such header or the table was not seen yet. */
  findByHeader(): FoundTable | undefined {
    const { headers, record } = this.#intake;
    if (headers.schemaStart < 0) return undefined;
    const id = record.bytes.toString("latin1", headers.schemaStart, headers.schemaEnd);
    return this.#tables.knownId(id);
  }

  /** The table of the record whose members were read, null when it is not captured; a promise when MySQL is to be asked. Throws a RecordFault. */
  find(): FoundTable | Promise<FoundTable> {
    const { headers, record } = this.#intake;
    const { bytes: b } = record;
    if (headers.schemaStart >= 0) {
      const id = b.toString("latin1", headers.schemaStart, headers.schemaEnd);
      const known = this.#tables.knownId(id);
      if (known !== undefined) return known;
      return this.#define(id, (found) => this.#tables.keepId(id, found));
    }
    const members = this.#members;
    const parts = DEFINING.flatMap((name) => [members.start(name), members.end(name)]);
    const known = this.#tables.known(b, parts);
    if (known !== undefined) return known;
    return this.#define(null, (found) => this.#tables.keep(b, parts, found));
  }

  /** Tables may have changed in what only MySQL tells. */
  expire(): void {
    if (this.#hasAsked) this.#tables.clear();
    this.#hasAsked = false;
  }

  #define(id: string | null, keep: (found: FoundTable) => void): FoundTable | Promise<FoundTable> {
    const { database, table } = tableNameOf(this.#intake.record.bytes, this.#members);
    const { options } = this.#intake;
    const keepTable = (found: FoundTable): FoundTable => {
      keep(found);
      return found;
    };
    if (!options.isCaptured(database, table)) return keepTable(null);
    const ids = options.idColumns(database, table);
    const make = (definition: RecordDefinition): RecordTable =>
      createRecordTable(definition, canalReader, ids);
    const { definition, isVague } = this.#read(database, table, id);
    const told = make(definition);
    const isEnough = !isVague && options.isEnough?.(told.version.schema) !== false;
    if (isEnough || !this.#descriptions.canAsk) return keepTable(told);
    this.#hasAsked = true;
    return this.#descriptions
      .ask(database, table)
      .then((described) =>
        keepTable(described === null ? told : make(refine(definition, described))),
      );
  }

  #read(database: string, table: string, id: string | null): ToldDefinition {
    const { bytes: b } = this.#intake.record;
    const members = this.#members;
    const types = listMembers(b, members.start("mysqlType"), members.end("mysqlType")).map(
      ({ name, start, end }) => ({ name, text: contentText(b, start, end) }),
    );
    if (types.length === 0) throw new RecordFault("its mysqlType tells no columns");
    const columns = types.map(({ name, text }) => ({
      name,
      type: parseColumnTypeText(text) ?? UNKNOWN_TYPE,
    }));
    const names = parseStrings(b, members.start("pkNames"), members.end("pkNames"));
    const primaryKey = id === null ? names : keyInOrder(names, id);
    const isVague =
      (id === null && names.length > 1) || types.some(({ text }) => JSON_OR_TEXT.test(text));
    return { definition: { database, table, columns, primaryKey }, isVague };
  }
}

/** The record's definition with what MySQL adds to it, as far as the two agree. */
function refine(definition: RecordDefinition, described: TableSchema): RecordDefinition {
  const key = described.primaryKey.map((index) => described.columns[index]!.name);
  const isSameKey =
    key.length === definition.primaryKey.length &&
    key.every((name) => definition.primaryKey.includes(name));
  const json = new Set(
    described.columns.filter(({ type }) => type.kind === "json" && type.text).map((c) => c.name),
  );
  return {
    ...definition,
    primaryKey: isSameKey ? key : definition.primaryKey,
    columns: withCollations(definition.columns, described).map(({ name, type }) =>
      type.kind === "text" && json.has(name)
        ? { name, type: { kind: "json", text: true } }
        : { name, type },
    ),
  };
}
