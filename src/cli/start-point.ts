import { InvalidArgumentError } from "commander";
import type { OffsetStart, PipelineConfig, StartPoint } from "../config/config.ts";
import { parseDuration, parseMoment, parseTime } from "../config/units.ts";
import { TailraceError } from "../core/errors.ts";

/** Where a run is to begin: in a log, or in topics. */
export type RunStart = StartPoint;

/** What `--from-time` is read less, ms, where `--margin` does not say. */
export const TIME_MARGIN_MS = 60_000;

/** Reads the value of `--from`: `earliest`, `latest`, `FILE:POSITION`, `gtid:SET` or a time. Throws commander's InvalidArgumentError. */
export function parseStartPoint(text: string): RunStart {
  if (text === "earliest" || text === "latest") return { kind: text };
  const timestampMs = parseTime(text);
  if (timestampMs !== null) return { kind: "timestamp", timestampMs };
  if (text.startsWith("gtid:")) return { kind: "gtid", gtidSet: text.slice("gtid:".length).trim() };
  const match = /^(\S+):(\d+)$/.exec(text);
  const position = Number(match?.[2]);
  if (match?.[1] !== undefined && position >= 4 && Number.isSafeInteger(position)) {
    return { kind: "position", file: match[1], position };
  }
  throw new InvalidArgumentError(
    "It must be earliest, latest, a time (2026-11-23T10:00:00Z), FILE:POSITION (binlog.000042:157) or gtid:SET; of a sync earliest, latest or a time.",
  );
}

/** Reads the value of `--from-time`: a time with its zone, or `-15m`. Throws commander's InvalidArgumentError. */
export function parseFromTime(text: string): number {
  const timestampMs = parseMoment(text, Date.now());
  if (timestampMs !== null) return timestampMs;
  throw new InvalidArgumentError(
    "It must be a time with its zone (2026-11-23T10:00:00Z), or how long ago that is (-15m).",
  );
}

/** Reads the value of `--margin`. Throws commander's InvalidArgumentError. */
export function parseMargin(text: string): number {
  const marginMs = parseDuration(text);
  if (marginMs !== null) return marginMs;
  throw new InvalidArgumentError("It must be a duration such as 30s or 5m.");
}

/** The start that the flags ask for. Throws CONFIG_INVALID when they do not go together. */
export function readStart({
  from,
  fromTime,
  margin,
}: {
  readonly from?: RunStart | undefined;
  readonly fromTime?: number | undefined;
  readonly margin?: number | undefined;
}): RunStart | undefined {
  const refuse = (why: string): never => {
    throw new TailraceError("CONFIG_INVALID", why);
  };
  if (from !== undefined && fromTime !== undefined)
    return refuse("--from and --from-time both say where to begin");
  if (fromTime !== undefined)
    return { kind: "timestamp", timestampMs: fromTime, marginMs: margin ?? TIME_MARGIN_MS };
  if (margin === undefined) return from;
  return refuse("--margin belongs to --from-time");
}

/**
 * What a start means for the pipelines that run together. A time is where a sync goes on in its topics, and else a place in the log; any other start is for the pipeline that
 * reads the log, else for the sync. Throws CONFIG_INVALID.
 */
export function assignStart(
  start: RunStart | undefined,
  configs: readonly Pick<PipelineConfig, "topology">[],
): { readonly from?: StartPoint; readonly seekTo?: OffsetStart } {
  if (start === undefined) return {};
  const isLogRead = configs.some((config) => config.topology !== "sync");
  if (start.kind === "timestamp") {
    if (configs.every((config) => config.topology !== "sync")) return { from: start };
    const { timestampMs, marginMs = 0 } = start;
    return { seekTo: { kind: "timestamp", timestampMs: timestampMs - marginMs } };
  }
  if (isLogRead) return { from: start };
  if (start.kind === "earliest" || start.kind === "latest") return { seekTo: start };
  throw new TailraceError(
    "CONFIG_INVALID",
    "--from names a place in MySQL's log, and this pipeline reads Kafka: it must be earliest, latest or a time",
  );
}
