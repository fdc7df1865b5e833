import type { CaptureConfig, DirectConfig } from "../config/config.ts";
import { checkFingerprint, configFingerprint } from "../config/fingerprint.ts";
import type { Checkpoint, CheckpointStore } from "../core/checkpoint.ts";
import type { Logger } from "../core/logger.ts";
import { CheckpointCursor } from "./checkpoint-cursor.ts";
import { findPlaceAtTime } from "./place-at-time.ts";
import { describeReadySource } from "./ready-source.ts";
import type { DescribedSource, SourceQueries } from "./source.ts";
import type { OpenOptions } from "./stages.ts";
import {
  type PlacedRequest,
  type ResolvedStart,
  resolveStart,
  type StartRequest,
} from "./start.ts";

/** What a start is decided from. */
export interface StartSources {
  readonly checkpoints: Pick<CheckpointStore, "load">;
  readonly queries: SourceQueries;
  /** Greatest epoch that an earlier life of this pipeline left at its destination; null when there is none. Asked when there is no checkpoint. */
  readonly readKnownEpoch: () => Promise<number | null>;
  /** Where the first run begins when the configuration does not say. */
  readonly defaultStart?: StartRequest | undefined;
}

/** A source, where reading it begins, and the checkpoint there. */
export interface DecidedStart {
  readonly source: DescribedSource;
  readonly start: ResolvedStart;
  readonly cursor: CheckpointCursor;
  /** `first`: there was no checkpoint; `requested`: neither, and the operator said where to begin; `resumed`: there was one. */
  readonly beginning: "first" | "requested" | "resumed";
}

/**
 * Loads the checkpoint, describes the source and decides where reading begins. Throws STATE_*, SOURCE_*, CONFIG_RULES_CHANGED and what `resolveStart`
 * throws.
 */
export async function decideStart(
  config: DirectConfig | CaptureConfig,
  { checkpoints, queries, readKnownEpoch, defaultStart }: StartSources,
  options: OpenOptions,
): Promise<DecidedStart> {
  const { logger, clock } = options;
  const checkpoint = await checkpoints.load();
  const areChangesWanted = options.acceptChanges === true || options.from !== undefined;
  if (checkpoint !== null && !areChangesWanted) checkFingerprint(checkpoint, config);
  const isFirst = checkpoint === null && options.from === undefined;
  const source = await describeReadySource(queries, { checkpoint, config }, options);
  const place = async (request: StartRequest | undefined): Promise<PlacedRequest | null> =>
    request?.kind === "timestamp"
      ? await findPlaceAtTime(request, { config: config.source, source, queries }, options)
      : (request ?? null);
  const start = resolveStart({
    checkpoint,
    requested: await place(options.from),
    configured: isFirst ? await place(config.source.start ?? defaultStart) : null,
    source: source.state,
    gtid: config.source.gtid,
    knownEpoch: checkpoint === null ? await readKnownEpoch() : null,
  });
  logStart(start, source, logger);
  const resumed = options.from === undefined ? checkpoint : null;
  const cursor = new CheckpointCursor({
    initial: initialCheckpoint(config, {
      source,
      start,
      gaps: resumed?.gaps ?? [],
      loads: checkpoint?.loads,
    }),
    gtidSet: start.gtidSet,
    clock,
  });
  const beginning = checkpoint !== null ? "resumed" : isFirst ? "first" : "requested";
  return { source, start, cursor, beginning };
}

function initialCheckpoint(
  config: DirectConfig | CaptureConfig,
  {
    source: { server },
    start,
    gaps,
    loads,
  }: Pick<DecidedStart, "source" | "start"> & Pick<Checkpoint, "gaps" | "loads">,
): Checkpoint {
  return {
    format: 1,
    pipeline: config.name,
    flavor: server.flavor,
    serverUuid: server.serverUuid,
    epoch: start.epoch,
    file: start.file,
    position: start.position,
    readTo: start.readTo,
    gtidSet: start.gtidSet?.toString(),
    fingerprint: configFingerprint(config),
    gaps,
    loads,
    savedAt: "",
  };
}

function logStart(start: ResolvedStart, { server }: DescribedSource, logger: Logger): void {
  const { reason, file, position, epoch } = start;
  const by = start.dump.kind === "gtid" ? "GTID" : "position";
  logger.info(
    { server: server.version, serverUuid: server.serverUuid, reason, by, file, position, epoch },
    "reading the binary log",
  );
}
