import type { DirectConfig } from "../config/config.ts";
import { TailraceError } from "../core/errors.ts";
import type { Finding } from "../core/finding.ts";
import { tableName } from "../core/schema.ts";
import { describeActions } from "../mysql/foreign-keys.ts";
import type { Connection } from "../mysql/connection.ts";
import type { ServerDescription } from "../mysql/server.ts";
import { readCascadePlan } from "../pipeline/cascades/open-cascades.ts";
import { loadRules, RuleSet } from "../pipeline/rule-set.ts";
import { findingOf } from "./findings.ts";

const CHECK = "foreign keys";

/** What `cascade = "synthesize"` of the rules comes to on this server: the foreign keys that are followed, or why they cannot be. Rules that are wrong otherwise are found elsewhere. Throws SOURCE_*. */
export async function checkCascades(
  connection: Connection,
  config: DirectConfig,
  {
    server,
    caseSensitive,
  }: { readonly server: ServerDescription; readonly caseSensitive: boolean },
): Promise<readonly Finding[]> {
  if (!config.rules.some(({ cascade }) => cascade === "synthesize")) return [];
  try {
    const names = { caseSensitive };
    const rules = new RuleSet(await loadRules(config.rules), names);
    const { links } = await readCascadePlan(connection, { server, rules, names });
    if (links.length === 0)
      return [{ severity: "ok", check: CHECK, message: "nothing to follow on this server" }];
    return links.map(({ key, rule }) => ({
      severity: "ok",
      check: CHECK,
      message: `rule ${rule} follows ${key.name} (${describeActions(key)}) from ${tableName(key.parent)}`,
    }));
  } catch (error) {
    if (!(error instanceof TailraceError) || !error.code.startsWith("RULE_")) throw error;
    return error.code === "RULE_CASCADE_UNUSABLE" ? [findingOf(CHECK, error)] : [];
  }
}
