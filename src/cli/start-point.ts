import { InvalidArgumentError } from "commander";
import type { OffsetStart, PipelineConfig, StartPoint } from "../config/config.ts";
import { parseTime } from "../config/units.ts";
import { TailraceError } from "../core/errors.ts";

/** Where a run is to begin: in a log, or in topics. */
export type RunStart = StartPoint | Extract<OffsetStart, { readonly kind: "timestamp" }>;

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
    "It must be earliest, latest, FILE:POSITION (binlog.000042:157) or gtid:SET, or of a sync earliest, latest or a time (2026-11-23T10:00:00Z).",
  );
}

/** What `--from` means for the pipelines that run together: the place in the log for the one that reads it, else the offsets for the syncs. Throws CONFIG_INVALID. */
export function assignStart(
  start: RunStart | undefined,
  configs: readonly Pick<PipelineConfig, "topology">[],
): { readonly from?: StartPoint; readonly seekTo?: OffsetStart } {
  if (start === undefined) return {};
  const isLogRead = configs.some((config) => config.topology !== "sync");
  if (start.kind === "earliest" || start.kind === "latest")
    return isLogRead ? { from: start } : { seekTo: start };
  if (isLogRead !== (start.kind === "timestamp"))
    return start.kind === "timestamp" ? { seekTo: start } : { from: start };
  throw new TailraceError(
    "CONFIG_INVALID",
    isLogRead
      ? "--from is a time, and MySQL's log knows no times: name a place in it, or set where a sync goes on with `tailrace seek`"
      : "--from names a place in MySQL's log, and this pipeline reads Kafka: it must be earliest, latest or a time",
  );
}
