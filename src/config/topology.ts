import { TailraceError } from "../core/errors.ts";
import type { PipelineConfig } from "./config.ts";

/** A configuration of one topology. */
export type ConfigOf<Topology extends PipelineConfig["topology"]> = Extract<
  PipelineConfig,
  { readonly topology: Topology }
>;

/** The configuration, which must be of this topology. Throws CONFIG_INVALID. */
export function ofTopology<Topology extends PipelineConfig["topology"]>(
  config: PipelineConfig,
  topology: Topology,
): ConfigOf<Topology> {
  if (config.topology === topology) return config as ConfigOf<Topology>;
  throw new TailraceError(
    "CONFIG_INVALID",
    `${config.name} is a ${config.topology} pipeline, and this needs a ${topology} one`,
  );
}
