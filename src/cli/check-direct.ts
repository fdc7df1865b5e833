import type { DirectConfig } from "../config/config.ts";
import type { Finding } from "../core/finding.ts";
import type { TargetSpec } from "../core/sink.ts";
import { checkTarget } from "../sink/preflight.ts";
import { checkRulesOnTables, checkTransforms, pipelinesOf } from "./check-rules.ts";
import { checkMysqlSource } from "./check-source.ts";
import { checkStoreFolders, storeSpecs } from "./check-stores.ts";
import { findingOf } from "./findings.ts";

/** All findings about a pipeline from MySQL into documents. A server that cannot be asked is one itself, and the other is checked all the same. */
export async function checkDirect(config: DirectConfig): Promise<readonly Finding[]> {
  const source = await checkMysqlSource(config);
  const findings = [...source.findings, ...(await checkTransforms(config.rules))];
  let specs: readonly TargetSpec[] = [];
  if (source.tables !== null) {
    const checked = checkRulesOnTables(config.rules, source.tables, source);
    findings.push(...checked.findings);
    specs = checked.specs;
  }
  try {
    const indices = [...specs, ...storeSpecs(config)];
    findings.push(...(await checkTarget(config.sink, indices, pipelinesOf(config.rules))));
  } catch (error) {
    findings.push(findingOf("sink", error));
  }
  findings.push(...(await checkStoreFolders(config)));
  return findings;
}
