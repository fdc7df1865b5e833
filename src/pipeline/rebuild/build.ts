import type { TableLoad } from "../../core/load.ts";
import type { RebuildState } from "../../core/rebuild.ts";
import type { TableSchema } from "../../core/schema.ts";
import { describeServer } from "../../mysql/server.ts";
import { openSink } from "../../sink/sink.ts";
import { readLoadEpoch } from "../load/load-epoch.ts";
import { mysqlOf } from "../load/load-source.ts";
import { readTables } from "../read-tables.ts";
import { connectionOptions, SourceQueries } from "../source.ts";
import { openDeadLetters } from "../stores.ts";
import { beginSecond } from "./begin-second.ts";
import type { RebuildContext } from "./context.ts";
import { createNewIndex, mapNewIndex } from "./create-index.ts";
import { deriveConfig, type DocumentConfig } from "./derive-config.ts";
import type { DrivenPipeline } from "../driven-pipeline.ts";
import { impossible } from "./served-index.ts";

/** The configuration of the pipeline that fills the rebuild's new index. */
export function secondConfig(
  state: RebuildState,
  context: Pick<RebuildContext, "config" | "rebuilt">,
): DocumentConfig {
  const { config, rebuilt } = context;
  const { newIndex: to, kind } = state;
  return deriveConfig(config, { rebuilt, to, loads: kind === "rebuild" });
}

/**
 * Makes the new index and the second pipeline's first checkpoint, as far as they are not there: at the end of the log, with the main pipeline's epoch, so that versions compare when
 * both write it. Throws RULE_*, SOURCE_*, BULK_*, STATE_*.
 */
export async function prepareSecond(state: RebuildState, context: RebuildContext): Promise<void> {
  const { config, client, rebuilt, capture, logger, onStep } = context;
  const second = secondConfig(state, context);
  if (state.kind === "return") {
    if (state.inStep !== null) await beginSecond(second, state.inStep);
    return;
  }
  const { epoch } = await readLoadEpoch(config, {
    client,
    indices: [rebuilt.name],
    capture,
    logger,
  });
  await prepareIndex(state, second, { context, epoch });
  await onStep?.("created");
  await beginSecond(second, { kind: "end", epoch });
}

async function prepareIndex(
  { newIndex, oldIndex }: RebuildState,
  second: DocumentConfig,
  { context, epoch }: { readonly context: RebuildContext; readonly epoch: number },
): Promise<void> {
  const { config, client, clock, logger } = context;
  const { name: pipeline } = config;
  const indexMeta = { pipeline, epoch };
  const spec = { newIndex, oldIndex, rules: second.rules, indexMeta };
  await createNewIndex(client, spec);
  const tables = await readSchemas(context);
  await using deadLetters = openDeadLetters(config.deadLetters, { pipeline, client });
  await using sink = await openSink(
    { ...config.sink, pipeline, deadLetters, indexMeta, clock, logger },
    { onClosed: () => {}, onFatal: () => {} },
  );
  await mapNewIndex(sink, spec, tables);
}

/** How often it is looked how far loads are, ms. */
const LOOK_MS = 200;
/** A second pipeline that is at the head of the log takes no longer to pass its end, ms. */
const CATCH_UP_MS = 5_000;

/** Resolves with true when the tables are loaded and the index is in step with the end of the log, with false when the signal aborts. Throws what ends the second pipeline. */
export async function awaitInStep(
  state: RebuildState,
  second: DrivenPipeline,
  context: RebuildContext,
): Promise<boolean> {
  const { signal, clock, onProgress, onStep } = context;
  const { newIndex } = state;
  const tell = (phase: "loading" | "catching up"): void => {
    const lagSeconds = second.status()?.lagSeconds ?? null;
    onProgress?.({ phase, newIndex, loads: second.loads, lagSeconds });
  };
  if (state.kind === "rebuild") {
    const { schemas } = await readSchemas(context);
    while (!isLoaded(second.loads, schemas)) {
      if (signal.aborted) return false;
      tell("loading");
      await clock.sleep(LOOK_MS, signal);
    }
    await onStep?.("loaded");
  }
  while (!signal.aborted) {
    tell("catching up");
    if (await second.reaches(await second.readEnd(), { signal, timeoutMs: CATCH_UP_MS }))
      return true;
  }
  return false;
}

/** Are all tables loaded that were there when the rebuild began, or went on? Rows of later ones come by the stream. Throws REBUILD_IMPOSSIBLE when one cannot be loaded. */
function isLoaded(loads: readonly TableLoad[], schemas: readonly TableSchema[]): boolean {
  for (const { database, table, state, error } of loads) {
    if (state !== "failed" && state !== "cancelled") continue;
    throw impossible(`${database}.${table} is not loaded: ${error ?? state}`);
  }
  return schemas.every(({ database, table }) => {
    const own = loads.filter((load) => load.database === database && load.table === table);
    return own.length > 0 && own.every((load) => load.state === "done");
  });
}

interface RuleTables {
  readonly schemas: readonly TableSchema[];
  readonly caseSensitive: boolean;
}

/** The tables that the rebuilt rules take, as they are now. Throws SOURCE_*. */
async function readSchemas({
  config,
  rebuilt,
}: Pick<RebuildContext, "config" | "rebuilt">): Promise<RuleTables> {
  await using queries = new SourceQueries(connectionOptions(mysqlOf(config)));
  return await queries.run(async (connection) => {
    const { lowerCaseTableNames } = await describeServer(connection);
    const caseSensitive = lowerCaseTableNames === 0;
    const found = await readTables(connection, rebuilt.rules, { caseSensitive });
    return { schemas: found.map(({ schema }) => schema), caseSensitive };
  });
}
