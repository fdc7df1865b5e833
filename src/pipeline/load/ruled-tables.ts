import { TailraceError } from "../../core/errors.ts";
import type { ChunkReader, TableLoad } from "../../core/load.ts";
import { listTables } from "../../mysql/table-lookup.ts";
import { createTableMatcher } from "../../rules/table-pattern.ts";
import { newLoad } from "../../snapshot/new-load.ts";
import type { RuleSet } from "../rule-set.ts";
import type { SourceQueries } from "../source.ts";
import type { RuledTable } from "./initial-loads.ts";
import type { LoadRequest } from "./load-control.ts";

/** The tables that rules take and the source has now. Throws SOURCE_*. */
export async function readRuledTables(
  queries: SourceQueries,
  rules: RuleSet,
): Promise<readonly RuledTable[]> {
  const tables = await queries.run((connection) =>
    listTables(connection, (database, table) => rules.isCaptured(database, table)),
  );
  return tables.map(({ database, table }) => ({
    database,
    table,
    rules: rules.rulesOf(database, table).map(({ config }) => config.name),
  }));
}

/** The loads that a request asks for. Throws SNAPSHOT_NOTHING when there are no such tables, CONFIG_INVALID for a table's name that is none. */
export function requestedLoads(
  { table, rule, where }: LoadRequest,
  tables: readonly RuledTable[],
  names: { readonly caseSensitive: boolean },
): readonly TableLoad[] {
  const isMeant = table === undefined ? null : createTableMatcher([{ table }], names);
  const loads = tables.flatMap((each) => {
    if (isMeant !== null && isMeant(each.database, each.table) === null) return [];
    const rules = rule === undefined ? each.rules : each.rules.filter((name) => name === rule);
    return rules.length === 0 ? [] : [newLoad({ ...each, rules, where })];
  });
  if (loads.length > 0) return loads;
  const whose = rule === undefined ? "no rule takes" : `no rule ${rule} takes`;
  throw new TailraceError("SNAPSHOT_NOTHING", `${whose} a table ${table ?? "of the source"}`);
}

/** Has the source judge the condition of a request, if it has one, on the tables of its loads. Throws SNAPSHOT_WHERE_INVALID, SOURCE_*. */
export async function checkWhere(
  { where }: Pick<LoadRequest, "where">,
  loads: readonly TableLoad[],
  openReader: () => Promise<ChunkReader>,
): Promise<void> {
  if (where === undefined) return;
  await using reader = await openReader();
  for (const { database, table } of loads) {
    const described = await reader.describe(database, table);
    if (described !== null) await reader.checkWhere(described, where);
  }
}
