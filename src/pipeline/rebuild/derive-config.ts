import { createHash } from "node:crypto";
import { hostname } from "node:os";
import type { DirectConfig, RuleConfig, SyncConfig } from "../../config/config.ts";
import { deriveServerId } from "../../config/normalise.ts";
import { TailraceError } from "../../core/errors.ts";
import { parseRule } from "../../query/rule.ts";
import { indexPattern, matchesIndex } from "../../rules/place.ts";
import { impossible } from "./served-index.ts";

/** A pipeline that writes documents. */
export type DocumentConfig = DirectConfig | SyncConfig;

/** The index that a rule writes, with every rule that writes it. */
export interface RebuiltIndex {
  /** As rules name it. */
  readonly name: string;
  readonly rules: readonly RuleConfig[];
}

/**
 * The index of a rule and all rules that write it: only together do they make its documents. Throws CONFIG_INVALID when there is no such rule, REBUILD_IMPOSSIBLE when rows choose the
 * index.
 */
export function findRebuiltIndex(config: DocumentConfig, ruleName: string): RebuiltIndex {
  const wanted = config.rules.find((rule) => rule.name === ruleName);
  if (wanted === undefined) {
    const names = config.rules.map((rule) => rule.name).join(", ");
    throw new TailraceError("CONFIG_INVALID", `there is no rule ${ruleName}; there are ${names}`);
  }
  const name = patternOf(wanted);
  if (name.includes("*"))
    throw impossible(`rule ${ruleName}: its rows choose their index (${wanted.index})`);
  const rules: RuleConfig[] = [];
  for (const rule of config.rules) {
    const pattern = patternOf(rule);
    if (pattern === name) rules.push(rule);
    else if (pattern.includes("*") && matchesIndex(pattern, name))
      throw impossible(`rows of rule ${rule.name} may choose the index ${name} (${rule.index})`);
  }
  return { name, rules };
}

function patternOf(rule: RuleConfig): string {
  return indexPattern(parseRule(rule).index);
}

const NAME = /^[a-z0-9][a-z0-9._-]{0,63}$/;

/** The name of the pipeline that fills the new index: what it keeps is beside what the main one keeps. */
export function secondName(pipeline: string, index: string): string {
  const name = `${pipeline}.rebuild.${index}`;
  if (NAME.test(name)) return name;
  const digest = createHash("sha256").update(index).digest("hex").slice(0, 12);
  return `${pipeline.slice(0, 43)}.rebuild.${digest}`;
}

/** How the pipeline that fills an index differs from the main one. */
export interface SecondOptions {
  readonly rebuilt: RebuiltIndex;
  /** The index that it writes. */
  readonly to: string;
  /** Load the tables first. */
  readonly loads: boolean;
}

/** The configuration of a pipeline that writes another index by the same rules: with a name, a server id or group, and a state of its own; it begins at the end of the log. */
export function deriveConfig<Config extends DocumentConfig>(
  config: Config,
  { rebuilt, to, loads }: SecondOptions,
): Config {
  const { admin: _admin, ...rest } = config;
  const name = secondName(config.name, rebuilt.name);
  const { continuousRowsPerSecond: _rate, ...verify } = config.verify;
  const { source } = config;
  const own =
    source.type === "mysql"
      ? { ...source, serverId: deriveServerId(name, hostname()) }
      : withoutInstance({ ...source, group: `${source.group}.rebuild.${rebuilt.name}` });
  return {
    ...rest,
    name,
    tests: [],
    rules: rebuilt.rules.map((rule) => ({ ...rule, index: to })),
    source: { ...own, start: { kind: "latest" } },
    load: { ...config.load, mode: loads ? "initial" : "never" },
    verify,
  } as unknown as Config;
}

/** Static membership is of the main pipeline's instance. */
function withoutInstance({
  instanceId: _id,
  ...source
}: SyncConfig["source"]): SyncConfig["source"] {
  return source;
}
