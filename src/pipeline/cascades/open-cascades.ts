import type { Destination } from "../../core/destination.ts";
import type { Logger } from "../../core/logger.ts";
import { type TableSchema, tableName } from "../../core/schema.ts";
import type { Sink } from "../../core/sink.ts";
import { describeActions, readForeignKeys, readLogsCascades } from "../../mysql/foreign-keys.ts";
import type { Connection } from "../../mysql/connection.ts";
import type { ConnectionOptions } from "../../sink/options.ts";
import { openSearchClient } from "../../sink/search-client.ts";
import type { Windows } from "../load/windows.ts";
import type { CapturedNames } from "../open-capture.ts";
import { readTables } from "../read-tables.ts";
import type { ReadRows, Router } from "../router.ts";
import type { NameOptions, RuleSet } from "../rule-set.ts";
import type { DescribedSource, SourceQueries } from "../source.ts";
import type { OpenOptions } from "../stages.ts";
import { Cascades } from "./cascades.ts";
import { CascadingDestination } from "./cascading-destination.ts";
import { ParentKeys } from "./parent-keys.ts";
import { type CascadePlan, planCascades } from "./plan-cascades.ts";

/** What finding out about foreign keys takes. */
export interface CascadeSources {
  readonly source: DescribedSource;
  readonly queries: SourceQueries;
  readonly rules: RuleSet;
  readonly names: NameOptions;
  /** The sink's cluster. */
  readonly sink: ConnectionOptions;
}

/** What cascades are carried out with. */
export interface CascadeStages {
  readonly sink: Sink;
  readonly router: Router;
  readonly readRows: ReadRows;
  readonly windows: Windows;
}

/** What a pipeline does about foreign keys that its source's log does not follow. Closing it closes its connections. */
export interface OpenedCascades extends AsyncDisposable {
  /** The tables of rules, and the parents whose keys are watched. */
  captured(rules: CapturedNames): CapturedNames;
  /** The destination with cascades, or as it is when there are none. */
  over(inner: Destination, stages: CascadeStages): Destination;
}

/**
 * Reads the foreign keys of the rules' tables where the server does not log what they do, warns of those that nothing is done about, and prepares to follow the others. They count as they are
 * when the pipeline opens. Throws RULE_*, SOURCE_*.
 */
export async function openCascades(
  sources: CascadeSources,
  options: OpenOptions,
): Promise<OpenedCascades> {
  const { logger } = options;
  const { links, ignored } = await sources.queries.run((connection) =>
    readCascadePlan(connection, { ...sources, server: sources.source.server }),
  );
  for (const { key, remedy } of ignored)
    logger.warn(
      {
        constraint: key.name,
        parent: tableName(key.parent),
        child: tableName(key.child),
        actions: describeActions(key),
        remedy,
      },
      "rows that a foreign key changes are not in the server's log: their documents stay as they were",
    );
  for (const { key, rule } of links) logFollowed(logger, { key, rule });
  if (links.length === 0)
    return {
      captured: (rules) => rules,
      over: (inner) => inner,
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
  const keys = new ParentKeys(links);
  const search = openSearchClient(sources.sink);
  return {
    captured: (rules) => ({
      isCaptured: (database, table) =>
        rules.isCaptured(database, table) || keys.isParent(database, table),
      shareRules: (a, b) => rules.shareRules(a, b),
      expectedTables: (database) => rules.expectedTables(database),
    }),
    over: (inner, { windows, ...stages }) => {
      const cascades = new Cascades({ links, search, ...stages, ...options });
      return new CascadingDestination({ inner, keys, cascades, windows, sink: stages.sink });
    },
    [Symbol.asyncDispose]: () => search[Symbol.asyncDispose](),
  };
}

/** What is done about the foreign keys of the rules' tables; nothing where the server logs what they do. Throws RULE_*, SOURCE_*. */
export async function readCascadePlan(
  connection: Connection,
  {
    server,
    rules,
    names,
  }: Pick<CascadeSources, "rules" | "names"> & Pick<DescribedSource, "server">,
): Promise<CascadePlan> {
  if (await readLogsCascades(connection, server)) return { links: [], ignored: [] };
  const keys = await readForeignKeys(connection, (database, table) =>
    rules.isCaptured(database, table),
  );
  if (keys.length === 0) return { links: [], ignored: [] };
  const asking = rules.rules.filter(({ config }) => config.cascade === "synthesize");
  const described = asking.length === 0 ? [] : await readTables(connection, asking, names);
  const tables: readonly TableSchema[] = described.map(({ schema }) => schema);
  return planCascades({
    keys,
    tables,
    rulesOf: (database, table) => rules.rulesOf(database, table),
  });
}

function logFollowed(
  logger: Logger,
  { key, rule }: Pick<CascadePlan["links"][number], "key" | "rule">,
): void {
  logger.info(
    {
      rule,
      constraint: key.name,
      parent: tableName(key.parent),
      child: tableName(key.child),
      actions: describeActions(key),
    },
    "following a foreign key that the server's log does not follow",
  );
}
