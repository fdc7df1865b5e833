import { readFileHead, type FileHead } from "../capture/file-head.ts";
import type { MysqlSourceConfig } from "../config/config.ts";
import type { Checkpoint, LogPlace } from "../core/checkpoint.ts";
import { TailraceError } from "../core/errors.ts";
import type { GtidSet } from "../core/gtid.ts";
import { Replica } from "../mysql/binlog-dump.ts";
import { readGtidAt, readServerTime } from "../mysql/server.ts";
import { translateReplicationError } from "../mysql/translate-error.ts";
import { CheckpointCursor } from "./checkpoint-cursor.ts";
import { openCapture } from "./open-capture.ts";
import { connectionOptions, type DescribedSource, type SourceQueries } from "./source.ts";
import type { OpenOptions } from "./stages.ts";
import type { FoundPlace, TimeRequest } from "./start.ts";

/** A log in which a time is looked for. */
export interface TimedLog {
  readonly config: MysqlSourceConfig;
  readonly source: DescribedSource;
  readonly queries: SourceQueries;
}

/** So much earlier than asked for, ms. */
export const DEFAULT_MARGIN_MS = 60_000;

const BINLOG_START = 4;
/** The end of a quiet log is noticed by a heartbeat. */
const MAX_HEARTBEAT_MS = 1_000;
const SECOND_MS = 1_000;

/**
 * Finds the place in the log behind which everything lies that was committed at a time or later, less a margin: the start of the first transaction, in the order of
 * the log, whose time is not before it; the log's end when there is none.
 *
 * First by halves the last file that was begun before: its first event tells when. Then that file is read, transaction by transaction and none of its rows, which also
 * gives the GTID set at the place and passes no XA transaction that was prepared before it and is committed behind.
 *
 * The time of a transaction is its commit, in µs, where GTID events tell it (MySQL 8.0 and later): it is taken when the transaction goes into the log, so it grows along
 * the log, and a transaction that began long before and was committed behind the time lies behind the place. Else it is its last event's header: when the statement
 * that ended it, a COMMIT or the only one, *began*, in whole seconds. Such times may go back along the log; that the first transaction counts, not the last before the time, covers
 * all whose last statement took less than the margin. A single statement that ran longer, and a server's clock that was set back by more than the margin, are not covered.
 *
 * Throws SOURCE_POSITION_LOST when the log begins later than the time (not when it only cuts the margin), other SOURCE_* and BINLOG_*.
 */
export async function findPlaceAtTime(
  request: TimeRequest,
  log: TimedLog,
  options: OpenOptions,
): Promise<FoundPlace> {
  const { logger, clock } = options;
  const { timestampMs, marginMs = DEFAULT_MARGIN_MS } = request;
  const began = clock.now();
  const time = new Date(timestampMs).toISOString();
  const nowMs = await log.queries.run(readServerTime);
  if (timestampMs > nowMs)
    logger.warn({ time }, "the time to begin at is in the future; beginning at the log's end");
  const heartbeatMs = Math.min(log.config.heartbeatIntervalMs, MAX_HEARTBEAT_MS);
  const connection = connectionOptions(log.config);
  const { serverId } = log.config;
  await using replica = new Replica({ connection, serverId, heartbeatMs, clock });
  const cutoffMs = timestampMs - marginMs;
  const file = await findFile({ timestampMs, cutoffMs }, { ...log, replica }, options);
  const { place, firstMs } = await scan(cutoffMs, file, { ...log, replica }, options);
  logger.info(
    {
      time,
      marginMs,
      file: place.file,
      position: place.position,
      // the first one that is read
      committedAt: firstMs === null ? undefined : new Date(firstMs).toISOString(),
      tookMs: Math.round(clock.now() - began),
    },
    "found the time in the binary log",
  );
  return place;
}

type ReadLog = TimedLog & { readonly replica: Replica };

interface FoundFile {
  readonly name: string;
  readonly gtidSet: GtidSet | null;
}

/** The last file that was begun before the cutoff, or the oldest one where only the margin reaches before it. */
async function findFile(
  { timestampMs, cutoffMs }: { readonly timestampMs: number; readonly cutoffMs: number },
  log: ReadLog,
  { signal }: OpenOptions,
): Promise<FoundFile> {
  const { binlogFiles } = log.source.state;
  const [oldest] = binlogFiles;
  if (oldest === undefined)
    throw new TailraceError("SOURCE_UNSUITABLE", "The server has no binary log (log_bin).");
  let found = { at: 0, head: await headOf(oldest, log) };
  if (timestampMs < found.head.timestampMs)
    throw new TailraceError(
      "SOURCE_POSITION_LOST",
      `The server's log begins with ${oldest} at ${new Date(found.head.timestampMs).toISOString()}, after ${new Date(timestampMs).toISOString()}.`,
    );
  let behind = binlogFiles.length;
  while (behind - found.at > 1) {
    if (signal.aborted) throw stopped();
    const at = (found.at + behind) >> 1;
    const head = await headOf(binlogFiles[at]!, log);
    // whole seconds: what earlier files hold was committed before the end of this one
    if (head.timestampMs + SECOND_MS <= cutoffMs) found = { at, head };
    else behind = at;
  }
  const name = binlogFiles[found.at]!;
  return { name, gtidSet: await gtidSetAt(name, found.head, log) };
}

async function headOf(file: string, { replica, source }: ReadLog): Promise<FileHead> {
  await using dump = await replica.dump({ kind: "position", file, position: BINLOG_START });
  const { serverUuid } = source.server;
  if (dump.serverUuid !== serverUuid)
    throw new TailraceError(
      "SOURCE_REPLACED",
      `The address now leads to server ${dump.serverUuid} instead of ${serverUuid}.`,
    );
  return await readFileHead(dump, {
    translateError: translateReplicationError,
    hasPreviousGtids: source.server.flavor === "mysql",
    checksum: dump.checksum,
  });
}

/** The transactions before a file; what is purged is in no file. */
async function gtidSetAt(
  file: string,
  { previousGtids }: FileHead,
  { source: { state }, queries }: ReadLog,
): Promise<GtidSet | null> {
  if (!state.hasGtids) return null;
  if (state.flavor === "mariadb")
    return await queries.run((connection) => readGtidAt(connection, file, BINLOG_START));
  const { gtidPurged } = state;
  return gtidPurged === null ? previousGtids : (previousGtids?.union(gtidPurged) ?? null);
}

/** Reads transactions from a file's start until one is not before the cutoff, or the log ends where it ended when it was described. */
async function scan(
  cutoffMs: number,
  { name, gtidSet }: FoundFile,
  log: ReadLog,
  options: OpenOptions,
): Promise<{ readonly place: FoundPlace; readonly firstMs: number | null }> {
  const { signal, clock } = options;
  const { source, queries, replica } = log;
  const start = { file: name, position: BINLOG_START };
  const cursor = new CheckpointCursor({ initial: beginning(start, source), gtidSet, clock });
  const dump = { kind: "position", ...start } as const;
  const { stream } = openCapture(NOTHING_CAPTURED, {
    ...options,
    source,
    queries,
    replica,
    cursor,
    isSurvey: true,
    start: { ...start, dump, gtidSet, epoch: 0, reason: "requested" },
  });
  await using _stream = stream;
  const onAbort = (): void => void stream[Symbol.asyncDispose]();
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    for (;;) {
      if (signal.aborted) throw stopped();
      const event = stream.poll();
      if (event === null) {
        await stream.wait();
        continue;
      }
      if (event.kind !== "commit" && event.kind !== "heartbeat") continue;
      if (event.kind === "commit") {
        const timeMs = event.commitTimeUs / 1_000;
        if (lastMs(event.commitTimeUs) >= cutoffMs)
          return { place: placeOf(cursor, gtidSet), firstMs: timeMs };
      }
      cursor.advance(event.position);
      if (isAtEnd(event.position.readTo ?? event.position, source.state.current))
        return { place: placeOf(cursor, gtidSet), firstMs: null };
    }
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

/** The latest that a time may mean: one in whole seconds is a header's. */
function lastMs(timeUs: number): number {
  return timeUs % 1e6 === 0 ? timeUs / 1_000 + SECOND_MS - 1 : timeUs / 1_000;
}

/** The set is the cursor's own and goes with it. */
function placeOf(cursor: CheckpointCursor, gtidSet: GtidSet | null): FoundPlace {
  const { file, position, readTo } = cursor.current();
  return { kind: "found", file, position, readTo, gtidSet };
}

function isAtEnd(place: LogPlace, end: LogPlace): boolean {
  return place.file === end.file && place.position >= end.position;
}

const NOTHING_CAPTURED = {
  isCaptured: () => false,
  shareRules: () => true,
  expectedTables: () => [],
};

function beginning(place: LogPlace, { server }: DescribedSource): Checkpoint {
  const { flavor, serverUuid } = server;
  const rest = { fingerprint: "", gaps: [], savedAt: "" };
  return { format: 1, pipeline: "", flavor, serverUuid, epoch: 0, ...place, ...rest };
}

function stopped(): TailraceError {
  return new TailraceError("SOURCE_UNREACHABLE", "Stopped while a time was looked for in the log.");
}
