import type { CaptureConfig, DirectConfig, PipelineConfig, SyncConfig } from "../config/config.ts";
import { TailraceError } from "../core/errors.ts";

/** Of what one file describes, who writes documents and who publishes what that one reads. */
export interface DocumentPipeline {
  readonly config: DirectConfig | SyncConfig;
  /** Undefined where the pipeline reads MySQL itself, or records of somebody else. */
  readonly capture: CaptureConfig | undefined;
}

/** Chooses the pipeline that writes documents. Throws CONFIG_INVALID where there is a capture alone, with what it is not made for. */
export function documentPipeline(
  configs: readonly PipelineConfig[],
  { otherwise }: { readonly otherwise: string },
): DocumentPipeline {
  const config = configs.find((each) => each.topology !== "capture");
  const capture = configs.find((each) => each.topology === "capture");
  if (config !== undefined) return { config, capture };
  throw new TailraceError("CONFIG_INVALID", otherwise);
}
