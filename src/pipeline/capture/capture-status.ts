import type { CaptureConfig } from "../../config/config.ts";
import type { Progress } from "../progress.ts";
import type { RecordDestination } from "./record-destination.ts";
import type { CaptureStatus } from "../status.ts";

/** A send that lasts longer than this is told in the status, ms. */
const PATIENCE_MS = 2_000;

/** What a running capture can tell about itself. */
export function captureStatus(
  config: CaptureConfig,
  stages: {
    readonly progress: Progress;
    readonly destination: RecordDestination;
    readonly isConnected: boolean;
    /** Rows that no record can hold. */
    readonly rejected: number;
  },
): CaptureStatus {
  const { progress, destination, isConnected, rejected } = stages;
  const { requests, bytes, sendingMs } = destination.stats();
  const waitingFor =
    sendingMs < PATIENCE_MS ? null : `Kafka, for ${Math.round(sendingMs / 1_000)} s`;
  const { taken, closed } = destination;
  return {
    topology: "capture",
    pipeline: config.name,
    state: isConnected && waitingFor === null ? "running" : "waiting",
    ...progress.status(),
    actionsTaken: taken,
    actionsClosed: closed,
    sink: { ...NOTHING, applied: closed, rejected, requests, bytes, waitingFor },
  };
}

/** What a capture can tell that waits for another process to end. */
export function standbyStatus(config: CaptureConfig): CaptureStatus {
  return {
    topology: "capture",
    pipeline: config.name,
    state: "standby",
    lagSeconds: null,
    latencyMs: null,
    gaps: [],
    file: "",
    position: 0,
    gtidSet: undefined,
    transactionsPending: 0,
    actionsTaken: 0,
    actionsClosed: 0,
    sink: NOTHING,
  };
}

const NOTHING: CaptureStatus["sink"] = {
  applied: 0,
  conflicts: 0,
  rejected: 0,
  retries: 0,
  requests: 0,
  bytes: 0,
  collapsed: 0,
  waitingFor: null,
};
