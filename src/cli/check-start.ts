import type { CaptureConfig, DirectConfig } from "../config/config.ts";
import { checkFingerprint } from "../config/fingerprint.ts";
import type { Checkpoint } from "../core/checkpoint.ts";
import type { Finding } from "../core/finding.ts";
import type { Connection } from "../mysql/connection.ts";
import { describeSource } from "../pipeline/source.ts";
import { resolveStart, type SourceState } from "../pipeline/start.ts";
import { openJsonClient } from "../sink/client.ts";
import { openCheckpointIndex } from "../state/checkpoint-elasticsearch.ts";
import { peekCheckpointFile } from "../state/checkpoint-file.ts";
import { findingOf } from "./findings.ts";

const CHECK = "start";

/** Where a run would begin, or why it could not. The checkpoint is read without being locked. */
export async function checkStart(
  connection: Connection,
  config: DirectConfig | CaptureConfig,
): Promise<readonly Finding[]> {
  try {
    const checkpoint = await readCheckpoint(config);
    if (checkpoint !== null) checkFingerprint(checkpoint, config);
    const configured = config.source.start ?? null;
    const place = checkpoint ?? (configured?.kind === "position" ? configured : null);
    const { state } = await describeSource(connection, place);
    return describeStart(state, { checkpoint, config });
  } catch (error) {
    return [findingOf(CHECK, error)];
  }
}

/** The findings about the start that a run would choose on a source in this state. Throws as {@link resolveStart} does. */
export function describeStart(
  source: SourceState,
  {
    checkpoint,
    config,
  }: { readonly checkpoint: Checkpoint | null; readonly config: DirectConfig | CaptureConfig },
): readonly Finding[] {
  const { start: configured, gtid } = config.source;
  const start = resolveStart({
    checkpoint,
    requested: null,
    configured: configured ?? null,
    source,
    gtid,
    knownEpoch: null,
  });
  const where = start.file === "" ? "its GTID set" : `${start.file}:${start.position}`;
  if (checkpoint !== null) {
    return [{ severity: "ok", check: CHECK, message: `goes on from the checkpoint, ${where}` }];
  }
  const begin: Finding = { severity: "ok", check: CHECK, message: `first start, from ${where}` };
  const isWholeLog = /\D0*1$/.test(source.binlogFiles[0] ?? "");
  if (configured?.kind !== "earliest" || isWholeLog) return [begin];
  return [
    {
      ...begin,
      severity: "warning",
      message: `first start, from ${where}; what was logged before is gone`,
      remedy:
        "Rows that have not changed since then will be missing: fill the index once by other means.",
    },
  ];
}

async function readCheckpoint(config: DirectConfig | CaptureConfig): Promise<Checkpoint | null> {
  const { state, name: pipeline } = config;
  if (state.type === "file") return peekCheckpointFile({ folder: state.path, pipeline });
  if (config.topology === "direct" && state.type === "elasticsearch") {
    await using client = openJsonClient(config.sink);
    await using store = openCheckpointIndex({ client, index: state.index, pipeline });
    return await store.load();
  }
  return null;
}
