import type { PipelineConfig } from "../config/config.ts";
import type { OpenOptions, Stages } from "./stages.ts";

/**
 * Opens the stages of the configured topology; the code of the others, and of the clients that only they need, is never loaded. Throws a TailraceError,
 * having closed what was open.
 */
export async function openStages(config: PipelineConfig, options: OpenOptions): Promise<Stages> {
  switch (config.topology) {
    case "direct":
      return (await import("./open-direct.ts")).openDirect(config, options);
    case "capture":
      return (await import("./capture/open-capture-pipeline.ts")).openCapturePipeline(
        config,
        options,
      );
    case "sync":
      return (await import("./sync/open-sync.ts")).openSync(config, options);
  }
}
