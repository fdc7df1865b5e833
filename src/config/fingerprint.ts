import { createHash } from "node:crypto";
import type { Checkpoint } from "../core/checkpoint.ts";
import { TailraceError } from "../core/errors.ts";
import type { PipelineConfig } from "./config.ts";

/**
 * SHA-256 in hex over what gives documents their place: each rule's table, index, id, routing and upsert, whatever the order of the rules; for a capture over what gives
 * records theirs: the tables, the topics and what chooses the partition. A checkpoint carries it, because one written under other places would leave documents
 * behind.
 */
export function configFingerprint(config: Places): string {
  const { rules, sink } = config;
  const places =
    sink.type === "kafka"
      ? [
          JSON.stringify([sink.topic, sink.partitioner]),
          ...rules.map((rule) => rule.table).toSorted(),
          ...Object.entries(sink.partitionBy)
            .map((entry) => JSON.stringify(entry))
            .toSorted(),
        ]
      : rules
          .map(({ table, index, id, upsert, routing }) =>
            // Without routing as it was before there was any.
            JSON.stringify([
              table,
              index,
              id ?? null,
              upsert,
              ...(routing === undefined ? [] : [routing]),
            ]),
          )
          .toSorted();
  return createHash("sha256").update(places.join("\n")).digest("hex");
}

/** What of a configuration gives documents or records their place. */
type Places = Pick<PipelineConfig, "rules" | "sink">;

/** Throws CONFIG_RULES_CHANGED when the checkpoint was written for rules that give documents other places. */
export function checkFingerprint(
  checkpoint: Pick<Checkpoint, "fingerprint" | "file" | "position">,
  config: Places & Pick<PipelineConfig, "name">,
): void {
  if (checkpoint.fingerprint === configFingerprint(config)) return;
  const { file, position } = checkpoint;
  throw new TailraceError(
    "CONFIG_RULES_CHANGED",
    `the checkpoint of ${config.name} at ${file}:${position} was written for other tables, indices or ids`,
  );
}
