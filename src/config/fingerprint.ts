import { createHash } from "node:crypto";
import type { PipelineConfig } from "./config.ts";

/**
 * SHA-256 in hex over what gives documents their place: each rule's table, index, id and upsert, whatever the order of the rules. A
 * checkpoint carries it, because one written under other places would leave documents behind.
 */
export function configFingerprint(config: Pick<PipelineConfig, "rules">): string {
  const places = config.rules
    .map((rule) => JSON.stringify([rule.table, rule.index, rule.id ?? null, rule.upsert]))
    .toSorted();
  return createHash("sha256").update(places.join("\n")).digest("hex");
}
