import type { CaptureConfig } from "../../config/config.ts";
import { openCluster } from "../../kafka/cluster.ts";
import { peekCaptureCheckpoint } from "./load-epoch.ts";

/** Has the capture a checkpoint, so that every change since is or will be in its topics? Throws STATE_*, KAFKA_*. */
export async function hasCaptureBegun(capture: CaptureConfig): Promise<boolean> {
  await using cluster = await openCluster(capture.sink.connection);
  return (await peekCaptureCheckpoint(capture, cluster)) !== null;
}
