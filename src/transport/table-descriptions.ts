import { systemClock, type Clock } from "../core/clock.ts";
import { TailraceError } from "../core/errors.ts";
import { tableName, type TableSchema } from "../core/schema.ts";

/** Asks MySQL for a table's definition as it is now; null = there is no such table. */
export type DescribeTable = (database: string, table: string) => Promise<TableSchema | null>;

/** A definition is asked for again after this time: records do not tell when a column's type has changed. */
const FRESH_MS = 60_000;

/** Definitions of tables by MySQL, for records that do not tell the types of their columns. */
export class TableDescriptions {
  readonly #describe: DescribeTable | null;
  readonly #clock: Clock;
  readonly #known = new Map<
    string,
    { readonly schema: TableSchema | null; readonly askedAt: number }
  >();

  constructor(describe: DescribeTable | null, clock: Clock = systemClock) {
    this.#describe = describe;
    this.#clock = clock;
  }

  /** Is there a server to ask? */
  get canAsk(): boolean {
    return this.#describe !== null;
  }

  /** The table's definition if it was asked for lately, null when there was no such table; undefined = ask. */
  fresh(database: string, table: string): TableSchema | null | undefined {
    const known = this.#known.get(keyOf(database, table));
    return known === undefined || this.#clock.now() - known.askedAt > FRESH_MS
      ? undefined
      : known.schema;
  }

  /**
   * Asks for the definition; the same object as before when nothing has changed. Columns that the server keeps for itself are left out. Throws
   * KAFKA_SCHEMA_UNKNOWN when there is no server to ask, and what asking throws.
   */
  async ask(database: string, table: string): Promise<TableSchema | null> {
    if (this.#describe === null)
      throw new TailraceError(
        "KAFKA_SCHEMA_UNKNOWN",
        `${tableName({ database, table })}: its records do not tell the types of their columns.`,
      );
    const key = keyOf(database, table);
    const known = this.#known.get(key)?.schema;
    const described = shown(await this.#describe(database, table));
    const isSame = known !== undefined && JSON.stringify(known) === JSON.stringify(described);
    const schema = isSame ? known : described;
    this.#known.set(key, { schema, askedAt: this.#clock.now() });
    return schema;
  }

  /** Something may have changed: every definition is asked for again. */
  expire(): void {
    for (const [key, { schema }] of this.#known)
      this.#known.set(key, { schema, askedAt: -Infinity });
  }
}

function keyOf(database: string, table: string): string {
  return JSON.stringify([database, table]);
}

/** Hidden columns are in no record. */
function shown(schema: TableSchema | null): TableSchema | null {
  if (schema === null || schema.columns.every(({ hidden }) => hidden !== true)) return schema;
  const { database, table } = schema;
  const columns = schema.columns.filter(({ hidden }) => hidden !== true);
  const primaryKey = schema.primaryKey
    .map((index) => columns.indexOf(schema.columns[index]!))
    .filter((index) => index >= 0);
  return { database, table, columns, primaryKey };
}
