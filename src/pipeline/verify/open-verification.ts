import type { CaptureConfig, DirectConfig, SyncConfig } from "../../config/config.ts";
import type { Clock } from "../../core/clock.ts";
import type { JsonClient } from "../../core/json-client.ts";
import type { AppliedPlace } from "../../core/load.ts";
import type { Logger } from "../../core/logger.ts";
import { openCluster } from "../../kafka/cluster.ts";
import { describeServer } from "../../mysql/server.ts";
import { openJsonClient } from "../../sink/client.ts";
import { openDocumentWriter } from "../load/document-writer.ts";
import { mysqlOf } from "../load/load-source.ts";
import { createReaderOpener } from "../load/reader-opener.ts";
import { readRuledTables, requestedLoads } from "../load/ruled-tables.ts";
import { loadRules, RuleSet } from "../rule-set.ts";
import { connectionOptions, SourceQueries } from "../source.ts";
import { appliedByCheckpoint, SyncPlace } from "./applied-place.ts";
import { Verification } from "./verification.ts";

/** What is compared, and how. */
export interface VerifyRequest {
  /** A table, or a pattern of tables; absent = all that rules take. */
  readonly table?: string | undefined;
  /** Documents of this rule only. */
  readonly rule?: string | undefined;
  /** The share of the rows that is compared, more than 0, less than 1; absent = all. */
  readonly sample?: number | undefined;
  /** Write the documents that differ. */
  readonly repair?: boolean | undefined;
  /** Do not wait for the stream: there is none. */
  readonly noSettle?: boolean | undefined;
  readonly maxRowsPerSecond?: number | undefined;
  /** Differences that the result names, at most. */
  readonly maxDifferences: number;
  /** See {@link Verification}. */
  readonly maxPlaces?: number | undefined;
}

/** What opening a comparison takes. */
export interface OpenVerificationOptions extends VerifyRequest {
  /** The capture that writes the records of a sync, where the configuration has it. */
  readonly capture?: CaptureConfig | undefined;
  /** How far the stream is; absent = the pipeline's checkpoint, or what its group has committed, tells. */
  readonly applied?: AppliedPlace | undefined;
  readonly connections?: number | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/** A comparison that is ready to run, and what belongs to it. */
export interface OpenVerification extends AsyncDisposable {
  readonly verification: Verification;
  /** The stream is waited for; else rows and documents are compared as they are. */
  readonly isSettling: boolean;
}

/** Opens what a comparison of a pipeline's documents with their rows needs. Throws SNAPSHOT_NOTHING when nothing is meant, RULE_*, SOURCE_*, STATE_*, KAFKA_*, BULK_*. */
export async function openVerification(
  config: DirectConfig | SyncConfig,
  options: OpenVerificationOptions,
): Promise<OpenVerification> {
  await using resources = new AsyncDisposableStack();
  const { clock, logger, signal, table, rule, sample, capture } = options;
  const { load, verify, sink } = config;
  const rules = await loadRules(config.rules);
  const client = resources.use(openJsonClient(sink));
  const queries = resources.use(new SourceQueries(connectionOptions(mysqlOf(config))));
  const { lowerCaseTableNames } = await queries.run((connection) => describeServer(connection));
  const names = { caseSensitive: lowerCaseTableNames === 0 };
  const ruled = await readRuledTables(queries, new RuleSet(rules, names));
  const loads = requestedLoads({ table, rule }, ruled, names);
  const applied =
    options.noSettle === true
      ? null
      : (options.applied ?? (await openAppliedPlace(config, { client, capture, resources })));
  const writer =
    options.repair === true
      ? resources.use(await openDocumentWriter(config, { clock, logger, capture }))
      : undefined;
  const isAll = table === undefined;
  const verification = resources.use(
    new Verification({
      pipeline: config.name,
      rules,
      loads,
      complete: isAll
        ? rules.filter((each) => rule === undefined || each.config.name === rule)
        : [],
      sample,
      sink,
      client,
      openReader: createReaderOpener(config),
      applied,
      settleTimeoutMs: verify.settleTimeoutMs,
      connections: options.connections ?? load.connections,
      chunkBytes: load.chunkBytes,
      maxRowsPerSecond: options.maxRowsPerSecond,
      maxDifferences: options.maxDifferences,
      maxPlaces: options.maxPlaces,
      writer,
      clock,
      logger,
      signal,
    }),
  );
  const held = resources.move();
  return {
    verification,
    isSettling: applied !== null,
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

/** Null where nothing tells it: records of others, whose capture is not known. */
async function openAppliedPlace(
  config: DirectConfig | SyncConfig,
  parts: {
    readonly client: JsonClient;
    readonly capture: CaptureConfig | undefined;
    readonly resources: AsyncDisposableStack;
  },
): Promise<AppliedPlace | null> {
  if (config.topology === "direct") return appliedByCheckpoint(config, parts.client);
  const { capture } = parts;
  if (capture === undefined) return null;
  const cluster = parts.resources.use(await openCluster(config.source.connection));
  return new SyncPlace({ sync: config, capture, cluster });
}
