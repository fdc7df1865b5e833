import type { PipelineConfig } from "../config/config.ts";
import { openCapturePipeline } from "./open-capture-pipeline.ts";
import { openDirect } from "./open-direct.ts";
import { openSync } from "./open-sync.ts";
import type { OpenOptions, Stages } from "./stages.ts";

/** Opens the stages of the configured topology. Throws a TailraceError, having closed what was open. */
export function openStages(config: PipelineConfig, options: OpenOptions): Promise<Stages> {
  switch (config.topology) {
    case "direct":
      return openDirect(config, options);
    case "capture":
      return openCapturePipeline(config, options);
    case "sync":
      return openSync(config, options);
  }
}
