import type { CaptureConfig, DirectConfig, RuleConfig, SyncConfig } from "../../config/config.ts";
import type { IncompleteRowsEvent } from "../../core/change-event.ts";
import type { LogPlace } from "../../core/checkpoint.ts";
import type { Clock } from "../../core/clock.ts";
import { TailraceError } from "../../core/errors.ts";
import type { JsonClient } from "../../core/json-client.ts";
import type { Logger } from "../../core/logger.ts";
import type { TableVersion } from "../../core/row-layout.ts";
import { versionOf } from "../../core/version.ts";
import { describeServer } from "../../mysql/server.ts";
import { openJsonClient } from "../../sink/client.ts";
import { createRowFailureHandler } from "../row-failures.ts";
import { loadRules, type NameOptions, ownIndices, RuleSet } from "../rule-set.ts";
import { connectionOptions, SourceQueries } from "../source.ts";
import { openDeadLetters } from "../stores.ts";
import { type LoadEpoch, readLoadEpoch } from "./load-epoch.ts";
import { mysqlOf } from "./load-source.ts";
import { WritingSink, type WritingStats } from "./writing-sink.ts";

/** How rows become documents beside a stream that another process, or another sink, brings. */
export interface DocumentWriterOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Instead of the configuration's: some of them, or the same with another index. */
  readonly rules?: readonly RuleConfig[] | undefined;
  /** The half that publishes what a sync reads, where the configuration has it: its checkpoint tells the epoch. */
  readonly capture?: CaptureConfig | undefined;
  /** Instead of the one that {@link readLoadEpoch} finds. Must not be greater than the stream's. */
  readonly epoch?: number | undefined;
}

/** Rows that a SELECT found. */
export interface FoundRows {
  readonly table: TableVersion;
  /** Names of the rules that take them. */
  readonly rules: readonly string[];
  /** What the table's layout reads, whole rows. */
  readonly buffers: readonly Buffer[];
  /** The place in the source's log that the rows are not older than: every later change must win. */
  readonly low: LogPlace;
}

/** Keys of rows that are gone. */
export interface GoneRows {
  readonly table: TableVersion;
  readonly rules: readonly string[];
  /** The key's columns, the others undefined. */
  readonly gone: IncompleteRowsEvent["rows"];
  readonly low: LogPlace;
}

/**
 * Writes rows through the rules into documents, with a sink of its own and versions that compare with the stream's. Calls may overlap: rows of one are encoded after those of the other, and are on their way
 * together. The rules' documents must be whole ones, or nothing may be streaming: see `refuseUnversioned`.
 */
export interface DocumentWriter extends AsyncDisposable {
  readonly rules: RuleSet;
  readonly names: NameOptions;
  readonly epoch: LoadEpoch;
  /** Queries to the source, the configuration's server. */
  readonly queries: SourceQueries;
  /** Requests to the sink's cluster outside the bulk stream. */
  readonly client: JsonClient;
  /** Resolves when everything of the rows is applied, in conflict or a dead letter. Rejects with the sink's fatal error, and with the reason when it was abandoned meanwhile. */
  write(rows: FoundRows): Promise<void>;
  /** Deletes the documents of rows that are gone; as `write`. Resolves with how many of them do not tell their document's place by the key alone. */
  remove(rows: GoneRows): Promise<number>;
  /** Resolves when everything taken is closed. Rejects with the sink's fatal error. */
  drain(): Promise<void>;
  /** Breaks off what is in flight at once; calls under way reject with the reason, later ones go to a new sink. */
  abandon(reason: Error): Promise<void>;
  /** Since the writer was opened. */
  stats(): WritingStats;
}

/** Opens a writer for a pipeline's documents, beside whatever runs it. Throws RULE_*, SOURCE_*, STATE_*, KAFKA_*, BULK_*, SNAPSHOT_INCOMPARABLE, and CONFIG_INVALID for a sync without `source.mysql`. */
export async function openDocumentWriter(
  config: DirectConfig | SyncConfig,
  options: DocumentWriterOptions,
): Promise<DocumentWriter> {
  await using resources = new AsyncDisposableStack();
  const { clock, logger } = options;
  const { name: pipeline } = config;
  const loaded = await loadRules(options.rules ?? config.rules);
  const client = resources.use(openJsonClient(config.sink));
  const deadLetters = resources.use(openDeadLetters(config.deadLetters, { pipeline, client }));
  const queries = resources.use(new SourceQueries(connectionOptions(mysqlOf(config))));
  const server = await queries.run((connection) => describeServer(connection));
  const names = { caseSensitive: server.lowerCaseTableNames === 0 };
  const indices = ownIndices(loaded);
  const epoch = await readLoadEpoch(config, { client, indices, capture: options.capture, logger });
  const used = options.epoch ?? epoch.epoch;
  const open = (): Promise<WritingSink> =>
    WritingSink.open({
      sink: {
        ...config.sink,
        pipeline,
        deadLetters,
        // what is noted there only grows
        indexMeta: { pipeline, epoch: Math.max(used, epoch.known ?? 0) },
        clock,
        logger,
      },
      rules: loaded,
      names,
      onRowFailed: createRowFailureHandler({
        pipeline,
        deadLetters,
        onReject: config.sink.onReject,
        placeOf: () => ({}),
        clock,
        logger,
      }),
    });
  let current = await open();
  /** Counters of sinks that were abandoned. */
  const before: (() => WritingStats)[] = [];
  let reopened: Promise<void> = Promise.resolve();
  const placed = ({ file, position }: LogPlace) => {
    const { high: versionHigh, low: versionLow } = versionOf(used, { file, position });
    return { versionHigh, versionLow, position: { file, position } };
  };
  const held = resources.move();
  return {
    rules: new RuleSet(loaded, names),
    names,
    epoch: { ...epoch, epoch: used },
    queries,
    client,
    write: async ({ low, ...rows }) => {
      await reopened;
      await current.write({ ...rows, ...placed(low) });
    },
    remove: async ({ low, ...rows }) => {
      await reopened;
      return current.remove({ ...rows, ...placed(low) });
    },
    drain: async () => {
      await reopened;
      await current.drain();
    },
    abandon: (reason) => {
      reopened = reopened.then(async () => {
        const late = current;
        before.push(() => late.stats());
        await late.abandon(reason);
        current = await open();
      });
      return reopened;
    },
    stats: () => [...before.map((read) => read()), current.stats()].reduce(sum),
    [Symbol.asyncDispose]: async () => {
      await reopened.catch(() => undefined);
      await current[Symbol.asyncDispose]();
      await held.disposeAsync();
    },
  };
}

/** Counters of two sinks as those of one, which waits for what the later waits for. */
function sum(total: WritingStats, each: WritingStats): WritingStats {
  return {
    applied: total.applied + each.applied,
    conflicts: total.conflicts + each.conflicts,
    rejected: total.rejected + each.rejected,
    retries: total.retries + each.retries,
    requests: total.requests + each.requests,
    bytes: total.bytes + each.bytes,
    collapsed: total.collapsed + each.collapsed,
    waitingFor: each.waitingFor,
    rows: {
      filtered: total.rows.filtered + each.rows.filtered,
      unchanged: total.rows.unchanged + each.rows.unchanged,
      failed: total.rows.failed + each.rows.failed,
    },
  };
}

/** Refuses rules whose documents carry no versions; with names, only those. Throws SNAPSHOT_UNVERSIONED. */
export function refuseUnversioned(rules: RuleSet, names?: readonly string[]): void {
  const unversioned = rules.rules.find(
    ({ config }) => config.upsert && (names === undefined || names.includes(config.name)),
  );
  if (unversioned === undefined) return;
  const { name } = unversioned.config;
  throw new TailraceError(
    "SNAPSHOT_UNVERSIONED",
    `rule ${name} updates fields of documents (upsert)`,
  );
}
