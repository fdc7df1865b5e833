import type { PipelineConfig } from "../config/config.ts";
import { TailraceError } from "../core/errors.ts";
import { openDirect } from "./open-direct.ts";
import type { OpenOptions, Stages } from "./stages.ts";

/** Opens the stages of the configured topology. Throws a TailraceError, having closed what was open. */
export function openStages(config: PipelineConfig, options: OpenOptions): Promise<Stages> {
  switch (config.topology) {
    case "direct":
      return openDirect(config, options);
    case "capture":
    case "sync":
      throw new TailraceError("CONFIG_INVALID", "Pipelines with Kafka cannot be run yet.");
  }
}
