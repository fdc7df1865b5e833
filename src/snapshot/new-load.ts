import type { TableLoad } from "../core/load.ts";

/** A load that has not begun. */
export function newLoad(
  load: Pick<TableLoad, "database" | "table" | "rules" | "where">,
): TableLoad {
  return {
    database: load.database,
    table: load.table,
    rules: load.rules,
    ...(load.where !== undefined && { where: load.where }),
    state: "waiting",
    key: null,
    after: null,
    upTo: null,
    rows: 0,
    estimatedRows: null,
    startedAt: null,
    finishedAt: null,
  };
}
