import type { TableLoad } from "../../core/load.ts";
import type { LoadSelection } from "../../snapshot/load-progress.ts";
import { newLoad } from "../../snapshot/new-load.ts";

/** A table of the source, and the names of the rules that take it. */
export interface RuledTable {
  readonly database: string;
  readonly table: string;
  readonly rules: readonly string[];
}

/** What decides which tables are to be loaded when a pipeline begins. */
export interface InitialLoadInputs {
  /** `initial`: what has not been loaded yet is. */
  readonly mode: "initial" | "never";
  /** `first`: there was no checkpoint; `requested`: neither, but somebody says where to begin, and so that all before is there; `resumed`: there was one. */
  readonly start: "first" | "requested" | "resumed";
  /** The checkpoint's; undefined = none, or of before there were loads. */
  readonly known: readonly TableLoad[] | undefined;
  /** Those that the rules take and the source has now. */
  readonly tables: readonly RuledTable[];
}

/**
 * The loads that a pipeline begins with, done ones included. With `initial` that is one for every table and rule: to be done where none is known, done where everything that was
 * there counts as loaded. One that failed is tried again. Undefined = as little is known as before.
 */
export function planInitialLoads(inputs: InitialLoadInputs): readonly TableLoad[] | undefined {
  const { mode, start, known, tables } = inputs;
  if (mode === "never") return start === "resumed" ? known : (known ?? []);
  if (known === undefined && start !== "first")
    return tables.map((table) => ({ ...newLoad(table), state: "done" }));
  const kept = (known ?? []).map((load): TableLoad =>
    load.state === "failed" ? again(load) : load,
  );
  const missing = tables.flatMap(({ database, table, rules }) => {
    const loaded = new Set(
      kept.filter((load) => isOf(load, { database, table })).flatMap((load) => load.rules),
    );
    const others = rules.filter((rule) => !loaded.has(rule));
    return others.length === 0 ? [] : [newLoad({ database, table, rules: others })];
  });
  return [...kept, ...missing];
}

/** What becomes of loads when rules change. */
export interface LoadSwitch {
  /** Loads that are under way for one of the changed rules: what they have written is of the rule before. */
  readonly ended: readonly LoadSelection[];
  readonly begun: readonly TableLoad[];
}

/** The loads by which changed rules become true of rows that were there before: of each table all that changed at once. Loads that are under way begin anew. */
export function planSwitch(
  changed: readonly string[],
  underWay: readonly TableLoad[],
  tables: readonly RuledTable[],
): LoadSwitch {
  const isChanged = (rule: string): boolean => changed.includes(rule);
  const ended = underWay.filter(({ rules }) => rules.some(isChanged));
  const whole = ended.filter(({ where }) => where === undefined);
  // of one with a condition the changed rules are loaded without it
  const parts = ended
    .filter(({ where }) => where !== undefined)
    .map((load) => ({ ...load, rules: load.rules.filter((rule) => !isChanged(rule)) }));
  const begun = [...whole, ...parts]
    .filter(({ rules }) => rules.length > 0)
    .map((load) => newLoad(load));
  const others = tables.map((table) => {
    const restarted = new Set(
      whole.filter((load) => isOf(load, table)).flatMap(({ rules }) => rules),
    );
    return {
      ...table,
      rules: table.rules.filter((rule) => isChanged(rule) && !restarted.has(rule)),
    };
  });
  return {
    ended: ended.map(({ database, table, rules }) => ({
      database,
      table,
      rule: rules.find(isChanged),
    })),
    begun: [
      ...begun,
      ...others
        .filter(({ rules }) => rules.length > 0)
        .map((each) => newLoad({ ...each, where: undefined })),
    ],
  };
}

/** Goes on behind what was loaded. */
function again(load: TableLoad): TableLoad {
  return { ...load, state: "waiting", finishedAt: null, error: undefined };
}

function isOf(load: TableLoad, { database, table }: Omit<RuledTable, "rules">): boolean {
  return load.database === database && load.table === table;
}
