import type { KafkaSourceConfig } from "../../config/config.ts";
import type { GapEvent } from "../../core/change-event.ts";
import { asTailraceError } from "../../core/errors.ts";
import { type TableSchema, tableName } from "../../core/schema.ts";
import type { SyncState, SyncStateStore } from "../../core/sync-state.ts";
import { describeServer } from "../../mysql/server.ts";
import { describeTable } from "../../mysql/table-lookup.ts";
import { type Patience, patiently } from "../patiently.ts";
import { createReadRows } from "../read-again.ts";
import { readTables } from "../read-tables.ts";
import type { ReadRows } from "../router.ts";
import { connectionOptions, SourceQueries } from "../source.ts";

/** What the MySQL server behind the records is asked, if the configuration names one. */
export interface SyncSource extends AsyncDisposable {
  /** Does the server tell `Orders` from `orders`? Without a server: yes. Throws SOURCE_*. */
  isCaseSensitive(): Promise<boolean>;
  /** A table's present definition, null when it is gone. Null itself without a server. */
  readonly describeTable: ((database: string, table: string) => Promise<TableSchema | null>) | null;
  /** The tables that rules take, as they are now. Null without a server. Throws SOURCE_*. */
  readonly readTables:
    | ((
        rules: readonly { readonly table: string }[],
        names: { readonly caseSensitive: boolean },
      ) => Promise<readonly TableSchema[]>)
    | null;
  readonly readRows: ReadRows;
}

/** What a sync's source needs. */
export interface SyncSourceOptions extends Patience {
  /** Deals with rows that cannot be read again. */
  readonly onGap: (gap: Pick<GapEvent, "code" | "database" | "table" | "detail">) => Promise<void>;
}

/** Opens the connection to the server when it is first needed. While the server is away its answers are waited for: records wait, the group's membership does not. */
export function openSyncSource(
  { mysql }: KafkaSourceConfig,
  options: SyncSourceOptions,
): SyncSource {
  if (mysql === undefined) {
    return {
      isCaseSensitive: () => Promise.resolve(true),
      describeTable: null,
      readTables: null,
      readRows: async ({ schema }, keys) => {
        const { database, table } = schema;
        await options.onGap({
          code: "KAFKA_RECORD_INCOMPLETE",
          database,
          table,
          detail: `${keys.length === 1 ? "a row" : `${keys.length} rows`} of ${tableName(schema)} without all columns, and source.mysql is not set`,
        });
        return [];
      },
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
  }
  const queries = new SourceQueries(connectionOptions(mysql));
  const readRows = createReadRows(queries);
  return {
    isCaseSensitive: async () => {
      const server = await queries.run((connection) => describeServer(connection));
      return server.lowerCaseTableNames === 0;
    },
    describeTable: (database, table) =>
      patiently(
        `read the definition of ${database}.${table}`,
        async () =>
          (await queries.run((connection) => describeTable(connection, database, table)))?.schema ??
          null,
        options,
      ),
    readTables: async (rules, names) => {
      const tables = await queries.run((connection) => readTables(connection, rules, names));
      return tables.map(({ schema }) => schema);
    },
    readRows: (table, keys) =>
      patiently(
        `read rows of ${tableName(table.schema)} again`,
        () => readRows(table, keys),
        options,
      ),
    [Symbol.asyncDispose]: () => queries[Symbol.asyncDispose](),
  };
}

/** {@link SyncSource.isCaseSensitive}, remembered in the sync's state: so that instances can be started while MySQL is away. Throws SOURCE_*, STATE_*. */
export async function rememberCase(
  source: Pick<SyncSource, "isCaseSensitive">,
  store: SyncStateStore,
  state: SyncState,
): Promise<boolean> {
  const known = state.isCaseSensitive;
  try {
    const isCaseSensitive = await source.isCaseSensitive();
    if (isCaseSensitive !== known)
      await store.update((now) => (now === null ? null : { ...now, isCaseSensitive }));
    return isCaseSensitive;
  } catch (cause) {
    const error = asTailraceError(cause);
    if (known === undefined || !error.code.startsWith("SOURCE_") || error.disposition !== "retry")
      throw error;
    return known;
  }
}
