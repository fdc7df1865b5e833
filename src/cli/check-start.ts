import type { CaptureConfig, DirectConfig } from "../config/config.ts";
import { checkFingerprint } from "../config/fingerprint.ts";
import type { Checkpoint } from "../core/checkpoint.ts";
import { asTailraceError } from "../core/errors.ts";
import type { Finding } from "../core/finding.ts";
import { openCluster } from "../kafka/cluster.ts";
import type { Connection } from "../mysql/connection.ts";
import { describeSource } from "../pipeline/source.ts";
import { resolveStart, type SourceState } from "../pipeline/start.ts";
import { openJsonClient } from "../sink/client.ts";
import { openCheckpointIndex } from "../state/checkpoint-elasticsearch.ts";
import { peekCheckpointFile } from "../state/checkpoint-file.ts";
import { CheckpointRecords } from "../state/checkpoint-kafka.ts";
import { findingOf } from "./findings.ts";

const CHECK = "start";
/** How long brokers are asked again for reasons that may pass. */
const KAFKA_TIMEOUT_MS = 5_000;

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
    const known = asTailraceError(error);
    // What is wrong with Kafka itself is found where the topics are looked at.
    return known.code.startsWith("KAFKA_") ? [] : [findingOf(CHECK, known)];
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
  const { gtid } = config.source;
  const configured = config.source.start ?? (isLoaded(config) ? LATEST : undefined);
  if (configured?.kind === "timestamp" && checkpoint === null) return [timedStart(configured)];
  const start = resolveStart({
    checkpoint,
    requested: null,
    configured: configured === undefined || configured.kind === "timestamp" ? null : configured,
    source,
    gtid,
    knownEpoch: null,
  });
  const where = start.file === "" ? "its GTID set" : `${start.file}:${start.position}`;
  if (checkpoint !== null) {
    return [{ severity: "ok", check: CHECK, message: `goes on from the checkpoint, ${where}` }];
  }
  const loads = isLoaded(config)
    ? "; rows that are there already are loaded beside the stream"
    : "";
  const message = `first start, from ${where}${loads}`;
  const begin: Finding = { severity: "ok", check: CHECK, message };
  const isWholeLog = /\D0*1$/.test(source.binlogFiles[0] ?? "");
  if (configured?.kind !== "earliest" || isWholeLog || isLoaded(config)) return [begin];
  return [
    {
      ...begin,
      severity: "warning",
      message: `first start, from ${where}; what was logged before is gone`,
      remedy:
        "Rows that have not changed since then will be missing: load them once, by `tailrace load`.",
    },
  ];
}

const LATEST = { kind: "latest" } as const;

/** Does a first start load the rows that are there? */
function isLoaded(config: DirectConfig | CaptureConfig): boolean {
  return config.topology === "direct" && config.load.mode === "initial";
}

/** Where that is in the log is looked for when a run begins. */
function timedStart({ timestampMs }: { readonly timestampMs: number }): Finding {
  const time = new Date(timestampMs).toISOString();
  return {
    severity: "ok",
    check: CHECK,
    message: `first start, from what was committed at ${time} or later, less a margin`,
  };
}

async function readCheckpoint(config: DirectConfig | CaptureConfig): Promise<Checkpoint | null> {
  const { state, name: pipeline } = config;
  if (state.type === "file") return peekCheckpointFile({ folder: state.path, pipeline });
  if (config.topology === "direct") {
    const { state: index } = config;
    if (index.type !== "elasticsearch") return null;
    await using client = openJsonClient(config.sink);
    await using store = openCheckpointIndex({ client, index: index.index, pipeline });
    return await store.load();
  }
  return state.type === "kafka" ? readCheckpointRecord(config, state.topic) : null;
}

/** The checkpoint in a topic, if that is there. Throws KAFKA_*, STATE_*. */
async function readCheckpointRecord(
  { sink, name: pipeline }: CaptureConfig,
  name: string,
): Promise<Checkpoint | null> {
  await using cluster = await openCluster(sink.connection, {
    retryTimeoutMs: KAFKA_TIMEOUT_MS,
    readTimeoutMs: KAFKA_TIMEOUT_MS,
  });
  const topic = (await cluster.describeTopics([name])).get(name);
  if (topic === undefined) return null;
  return await new CheckpointRecords({ cluster, topic, pipeline }).load();
}
