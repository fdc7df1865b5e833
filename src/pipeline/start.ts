import type { ErrorCode } from "../core/error-codes.ts";
import { asTailraceError, TailraceError } from "../core/errors.ts";
import type { Checkpoint, LogPlace } from "../core/checkpoint.ts";
import type { GtidSet } from "../core/gtid.ts";
import { parseGtidSet } from "../core/gtid-set.ts";
import { MAX_EPOCH } from "../core/version.ts";

/** Where the configuration or the operator wants to begin. */
export type StartRequest =
  | { readonly kind: "earliest" }
  | { readonly kind: "latest" }
  | { readonly kind: "position"; readonly file: string; readonly position: number }
  | TimeRequest
  | { readonly kind: "gtid"; readonly gtidSet: string };

/** The first transaction committed at or after a time, less a margin: `findPlaceAtTime` makes a place of it. */
export interface TimeRequest {
  readonly kind: "timestamp";
  /** Since 1970. */
  readonly timestampMs: number;
  /** So much earlier. Default 60,000. */
  readonly marginMs?: number | undefined;
}

/** A place in the log that was read up to, with the transactions before it; null = the source has no GTIDs. */
export interface FoundPlace extends LogPlace {
  readonly kind: "found";
  readonly readTo?: LogPlace | undefined;
  readonly gtidSet: GtidSet | null;
}

/** A start whose place need not be looked for in the log any more. */
export type PlacedRequest = Exclude<StartRequest, TimeRequest> | FoundPlace;

/** What of the source decides where reading can begin. */
export interface SourceState {
  readonly flavor: "mysql" | "mariadb";
  readonly serverUuid: string;
  /** Are transactions logged with GTIDs? */
  readonly hasGtids: boolean;
  /** All transactions of the server; null without GTIDs. */
  readonly gtidExecuted: GtidSet | null;
  /** What it has no longer in its log; null when it does not tell. */
  readonly gtidPurged: GtidSet | null;
  /** MariaDB: the GTID position at the file and position asked for; null when no event of its log starts there, or for want of a question. */
  readonly gtidAtPlace: GtidSet | null;
  /** Names of its binlog files, oldest first. */
  readonly binlogFiles: readonly string[];
  readonly current: { readonly file: string; readonly position: number };
}

/** Where a run begins. */
export interface ResolvedStart {
  /** How the dump is asked for. */
  readonly dump:
    | { readonly kind: "position"; readonly file: string; readonly position: number }
    | { readonly kind: "gtid"; readonly gtidSet: GtidSet };
  readonly file: string;
  readonly position: number;
  /** See {@link SourcePosition.readTo}. */
  readonly readTo?: LogPlace | undefined;
  /** Transactions before the start; null when the source has no GTIDs or the start does not tell. */
  readonly gtidSet: GtidSet | null;
  /** Grows when positions stop being comparable with those before. */
  readonly epoch: number;
  readonly reason: "checkpoint" | "failover" | "first start" | "requested";
}

/** What {@link resolveStart} decides from. */
export interface StartInputs {
  readonly checkpoint: Checkpoint | null;
  /** The operator's choice for this run; it wins over the checkpoint. */
  readonly requested: PlacedRequest | null;
  /** The configuration's choice for the first start. */
  readonly configured: PlacedRequest | null;
  readonly source: SourceState;
  /** Resume by GTID: when the source has them (`auto`), always, never. */
  readonly gtid: "auto" | boolean;
  /** Greatest epoch that an earlier life of this pipeline left in its indices; null when there is none. */
  readonly knownEpoch: number | null;
}

const BINLOG_START = 4;

/**
 * Decides where a run begins. A checkpoint that the server can no longer serve is an error, never a jump: it must still have every transaction
 * since (GTID), or the very file of the very server (file and position). Throws SOURCE_POSITION_LOST, SOURCE_IDENTITY_CHANGED,
 * SOURCE_UNSUITABLE, CONFIG_START_MISSING, STATE_EPOCHS_USED_UP.
 */
export function resolveStart(inputs: StartInputs): ResolvedStart {
  const start = decideStart(inputs);
  if (start.epoch > MAX_EPOCH)
    throw new TailraceError("STATE_EPOCHS_USED_UP", `The next epoch would be ${start.epoch}.`);
  return start;
}

function decideStart(inputs: StartInputs): ResolvedStart {
  const { checkpoint, requested, configured, source } = inputs;
  if (inputs.gtid === true && !source.hasGtids)
    throw new TailraceError(
      "SOURCE_UNSUITABLE",
      "source.gtid is true and the server logs no GTIDs (gtid_mode).",
    );
  if (checkpoint !== null && requested === null) return resume(checkpoint, inputs);
  const request = requested ?? configured;
  if (request === null)
    throw new TailraceError(
      "CONFIG_START_MISSING",
      "There is no checkpoint, and source.start is not set.",
    );
  const last = Math.max(checkpoint?.epoch ?? -1, inputs.knownEpoch ?? -1);
  return {
    ...begin(request, source),
    epoch: last + 1,
    reason: requested === null ? "first start" : "requested",
  };
}

function begin(
  request: PlacedRequest,
  source: SourceState,
): Omit<ResolvedStart, "epoch" | "reason"> {
  const at = (
    file: string,
    position: number,
    gtidSet: GtidSet | null,
  ): Omit<ResolvedStart, "epoch" | "reason"> => ({
    dump: { kind: "position", file, position },
    file,
    position,
    gtidSet: source.hasGtids ? gtidSet : null,
  });
  switch (request.kind) {
    case "earliest": {
      const [file] = source.binlogFiles;
      if (file === undefined)
        throw new TailraceError("SOURCE_UNSUITABLE", "The server has no binary log (log_bin).");
      return at(file, BINLOG_START, source.gtidPurged?.clone() ?? emptySet(source));
    }
    case "latest":
      return at(source.current.file, source.current.position, source.gtidExecuted?.clone() ?? null);
    case "position":
      if (!source.binlogFiles.includes(request.file))
        throw new TailraceError("SOURCE_POSITION_LOST", lostFile(request.file, source));
      if (source.flavor === "mariadb" && source.gtidAtPlace === null)
        throw new TailraceError("SOURCE_POSITION_LOST", noEventAt(request));
      return at(request.file, request.position, source.gtidAtPlace);
    case "found":
      return {
        ...at(request.file, request.position, request.gtidSet?.clone() ?? null),
        readTo: request.readTo,
      };
    case "gtid": {
      const gtidSet = parse(request.gtidSet, source, "CONFIG_INVALID");
      checkServable(gtidSet, source);
      return { dump: { kind: "gtid", gtidSet: gtidSet.clone() }, file: "", position: 0, gtidSet };
    }
  }
}

function resume(checkpoint: Checkpoint, { source, gtid }: StartInputs): ResolvedStart {
  const { file, position, readTo } = checkpoint;
  const isSameServer = checkpoint.serverUuid === source.serverUuid;
  const gtidSet =
    checkpoint.gtidSet === undefined || !source.hasGtids || checkpoint.flavor !== source.flavor
      ? null
      : parse(checkpoint.gtidSet, source, "STATE_UNREADABLE");
  if (isSameServer && gtidSet !== null) checkSameLog({ file, position, gtidSet }, source);
  if (gtid !== false && gtidSet !== null) {
    checkServable(gtidSet, source);
    const dump = { kind: "gtid", gtidSet: gtidSet.clone() } as const;
    if (isSameServer)
      return {
        dump,
        file,
        position,
        readTo,
        gtidSet,
        epoch: checkpoint.epoch,
        reason: "checkpoint",
      };
    // file and position of another server mean nothing here, and versions made of them do not compare
    const epoch = checkpoint.epoch + 1;
    return { dump, file: "", position: 0, gtidSet, epoch, reason: "failover" };
  }
  if (!isSameServer) {
    throw new TailraceError(
      "SOURCE_IDENTITY_CHANGED",
      `The checkpoint ${file}:${position} is of server ${checkpoint.serverUuid}, this one is ${source.serverUuid}, and there are no GTIDs to go by.`,
    );
  }
  if (!source.binlogFiles.includes(file))
    throw new TailraceError("SOURCE_POSITION_LOST", lostFile(file, source));
  return {
    dump: { kind: "position", file, position },
    file,
    position,
    readTo,
    gtidSet,
    epoch: checkpoint.epoch,
    reason: "checkpoint",
  };
}

/**
 * MariaDB's GTIDs do not name their log: after RESET MASTER, or with a restored backup, the numbers that were read come again, of other transactions. So the place that
 * the checkpoint stands for must hold the transactions that it has, as far as its file is still there. Throws SOURCE_POSITION_LOST.
 */
function checkSameLog(
  place: { readonly file: string; readonly position: number; readonly gtidSet: GtidSet },
  source: SourceState,
): void {
  const { file, gtidSet } = place;
  if (source.flavor !== "mariadb" || file === "") return;
  const isThere = source.binlogFiles.includes(file);
  if (!isThere && fileNumber(file) < fileNumber(source.binlogFiles.at(-1) ?? "")) return;
  const found = isThere ? source.gtidAtPlace : null;
  if (found !== null && agrees(found, gtidSet)) return;
  throw new TailraceError(
    "SOURCE_POSITION_LOST",
    `${noEventAt(place)} behind the transactions ${gtidSet.toString()}: the log was reset or is another one.`,
  );
}

/**
 * Is `found`, at the end of the last transaction read, what was read? Domains may be further than there (a start by GTID), but the last transaction's
 * is not.
 */
export function agrees(found: GtidSet, read: GtidSet): boolean {
  if (found.isEmpty) return read.isEmpty;
  const gtids = new Set(read.toString().split(","));
  return (
    found.isSubsetOf(read) &&
    found
      .toString()
      .split(",")
      .some((gtid) => gtids.has(gtid))
  );
}

function fileNumber(file: string): number {
  return Number(file.slice(file.lastIndexOf(".") + 1));
}

function noEventAt({
  file,
  position,
}: {
  readonly file: string;
  readonly position: number;
}): string {
  return `The server's log has no event at ${file}:${position}`;
}

/** Transactions before the checkpoint that the server has not executed (yet); null when there are none, or no GTIDs tell. */
export function unexecuted(
  checkpoint: Pick<Checkpoint, "gtidSet" | "flavor">,
  source: SourceState,
): GtidSet | null {
  const { gtidExecuted: executed, hasGtids, flavor } = source;
  if (checkpoint.gtidSet === undefined || checkpoint.flavor !== flavor) return null;
  if (!hasGtids || executed === null) return null;
  const seen = parse(checkpoint.gtidSet, source, "STATE_UNREADABLE");
  return seen.isSubsetOf(executed) ? null : seen.subtract(executed);
}

/** The server must have executed all that we have seen and still hold all that we have not. */
function checkServable(gtidSet: GtidSet, source: SourceState): void {
  const { gtidPurged: purged, gtidExecuted: executed } = source;
  if (purged !== null && !purged.isSubsetOf(gtidSet)) {
    const missing = purged.subtract(gtidSet).toString();
    throw new TailraceError(
      "SOURCE_POSITION_LOST",
      `The server has purged transactions that were not read: ${missing}.`,
    );
  }
  if (executed !== null && !gtidSet.isSubsetOf(executed)) {
    const unknown = gtidSet.subtract(executed).toString();
    throw new TailraceError(
      "SOURCE_POSITION_LOST",
      `The server does not know transactions that were read: ${unknown}. It was reset, restored, or is behind.`,
    );
  }
}

function emptySet({ flavor }: SourceState): GtidSet {
  return parseGtidSet(flavor, "");
}

function parse(text: string, source: SourceState, code: ErrorCode): GtidSet {
  try {
    return parseGtidSet(source.flavor, text);
  } catch (error) {
    throw new TailraceError(code, `A GTID set cannot be read: ${asTailraceError(error).message}`, {
      cause: error,
    });
  }
}

function lostFile(file: string, { binlogFiles }: SourceState): string {
  return `The server has no binlog file ${file}; it has ${binlogFiles[0] ?? "none"} to ${binlogFiles.at(-1) ?? "none"}.`;
}
