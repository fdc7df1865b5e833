import { Capture } from "../capture/capture.ts";
import { ChangeReader } from "../capture/change-reader.ts";
import { LogPosition } from "../capture/log-position.ts";
import { TableRegistry } from "../capture/table-registry.ts";
import type { NamedCollation } from "../binlog/column-type.ts";
import { decodeText } from "../binlog/values/text.ts";
import type { MysqlSourceConfig, RuleConfig } from "../config/config.ts";
import type { Checkpoint, SourcePosition } from "../core/checkpoint.ts";
import type { Clock } from "../core/clock.ts";
import { TailraceError } from "../core/errors.ts";
import type { Logger } from "../core/logger.ts";
import { Replica } from "../mysql/binlog-dump.ts";
import { describeTable } from "../mysql/table-lookup.ts";
import { translateReplicationError } from "../mysql/translate-error.ts";
import { createRulesMatcher, expectedTables } from "../rules/table-pattern.ts";
import type { CheckpointCursor } from "./checkpoint-cursor.ts";
import {
  connectionOptions,
  type DescribedSource,
  describeSource,
  type SourceQueries,
} from "./source.ts";
import { type ResolvedStart, type SourceState, unexecuted } from "./start.ts";

/** What a capture is made of. */
export interface CaptureContext {
  readonly source: DescribedSource;
  readonly start: ResolvedStart;
  readonly queries: SourceQueries;
  readonly replica: Replica;
  /** Behind the acknowledged transactions. */
  readonly cursor: CheckpointCursor;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  /** See `ChangeReaderOptions`. */
  readonly isSurvey?: boolean | undefined;
}

/** Us as a replica of the configured server; outlives the connections of a capture. */
export function openReplica(source: MysqlSourceConfig, clock: Clock): Replica {
  const { heartbeatIntervalMs: heartbeatMs, serverId } = source;
  return new Replica({ connection: connectionOptions(source), serverId, heartbeatMs, clock });
}

/** Which tables are captured. */
export interface CapturedNames {
  isCaptured(database: string, table: string): boolean;
  /** Do rows of both tables have the same destination? */
  shareRules(a: NamedTable, b: NamedTable): boolean;
  /** See `expectedTables`. */
  expectedTables(database: string): readonly NamedTable[];
}

interface NamedTable {
  readonly database: string;
  readonly table: string;
}

/** The tables of rules that do not change while they are read. */
export function createCapturedNames(
  rules: readonly RuleConfig[],
  names: { readonly caseSensitive: boolean },
): CapturedNames {
  const rulesOf = createRulesMatcher(rules, names);
  const indicesOf = ({ database, table }: NamedTable): string =>
    JSON.stringify(
      rulesOf(database, table)
        .map(({ index }) => index)
        .toSorted(),
    );
  return {
    isCaptured: (database, table) => rulesOf(database, table).length > 0,
    shareRules: (a, b) => indicesOf(a) === indicesOf(b),
    expectedTables: (database) => expectedTables(rules, database, names),
  };
}

/** A capture, and how it is told that other tables are captured from now on. */
export interface OpenedCapture {
  readonly stream: Capture;
  /** To be called between two transactions. */
  forgetCaptured(): void;
}

/** The capture of these tables, from the start that was decided. Every connection is checked to lead to the log that was described. */
export function openCapture(captured: CapturedNames, context: CaptureContext): OpenedCapture {
  const { source, start, queries, replica, cursor, clock, logger, signal } = context;
  const { serverUuid } = source.server;
  const isCaptured = (database: string, table: string): boolean =>
    captured.isCaptured(database, table);
  const tables = new TableRegistry({
    isCaptured,
    flavor: source.server.flavor,
    types: { collationOf: (id) => collationOf(source, id), decodeText },
    describeTable: (database, table) =>
      queries.run((connection) => describeTable(connection, database, table)),
  });
  const position = new LogPosition(start.epoch);
  if (start.file !== "") position.rotate(start.file, start.position);
  const reader = new ChangeReader({
    tables,
    position,
    isCaptured,
    readTo: start.readTo,
    isSurvey: context.isSurvey,
    decodeCollation: (collation, bytes) =>
      decodeText(collationOf(source, collation).charset, bytes),
    shareRule: (a, b) => captured.shareRules(a, b),
    expectedTables: (database) => captured.expectedTables(database),
  });
  const stream = new Capture({
    reader,
    connect: async (resumeAt) => {
      if (resumeAt !== null) await checkNotReset(queries, cursor.current(), resumeAt);
      const dump = await replica.dump(
        resumeAt === null
          ? start.dump
          : { kind: "position", file: resumeAt.file, position: resumeAt.position },
      );
      if (dump.serverUuid === serverUuid) return dump;
      await dump[Symbol.asyncDispose]();
      throw new TailraceError(
        "SOURCE_REPLACED",
        `The address now leads to server ${dump.serverUuid} instead of ${serverUuid}.`,
      );
    },
    translateError: translateReplicationError,
    clock,
    logger,
    signal,
  });
  return { stream, forgetCaptured: () => tables.forgetCaptured() };
}

/** A position means something only in the log that it belongs to: after a reset or a restored backup the pipeline opens anew, which says what is lost. */
async function checkNotReset(
  queries: SourceQueries,
  checkpoint: Checkpoint,
  resumeAt: SourcePosition,
): Promise<void> {
  const { state } = await queries.run((connection) => describeSource(connection, resumeAt));
  const missing = unexecuted(checkpoint, state);
  if (missing === null && isSamePlace(resumeAt, state)) return;
  throw new TailraceError(
    "SOURCE_REPLACED",
    missing === null
      ? `The server's log at ${resumeAt.file}:${resumeAt.position} is not what was read.`
      : `The server does not know transactions that were read: ${missing.toString()}.`,
  );
}

/** MariaDB: is the transaction that was read last still the one that ends there? */
function isSamePlace({ gtid }: SourcePosition, { flavor, gtidAtPlace }: SourceState): boolean {
  if (flavor === "mysql") return true;
  if (gtidAtPlace === null) return false;
  return gtid === undefined || gtidAtPlace.toString().split(",").includes(gtid);
}

function collationOf({ collations }: DescribedSource, id: number): NamedCollation {
  const collation = collations.get(id);
  if (collation === undefined)
    throw new TailraceError("BINLOG_UNSUPPORTED", `The server has no collation with id ${id}.`);
  return collation;
}
