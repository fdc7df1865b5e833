import type { PipelineConfig, RuleConfig } from "../../config/config.ts";
import { TailraceError } from "../../core/errors.ts";
import { type TableSchema, tableName } from "../../core/schema.ts";
import { openConnection } from "../../mysql/connection.ts";
import { connectionOptions } from "../../pipeline/source.ts";
import { HttpClient, type HttpChannel } from "../../sink/client.ts";
import { compareDocuments } from "../../core/compare-documents.ts";
import type { Sample } from "./describe-sample.ts";
import { mysqlOf, readRuleTables } from "./live-schemas.ts";
import { readDocument } from "./read-document.ts";
import { readSamples, type SampleChoice } from "./read-samples.ts";
import { createRuleRun } from "./run-rule.ts";

/** What is to be tested. */
export interface RuleTestOptions {
  /** The rule by name; absent where there is but one. */
  readonly rule: string | undefined;
  /** `database.table`, where the rule's is a pattern and not all of its tables are meant. */
  readonly table: string | undefined;
  readonly choice: SampleChoice;
  /** Rows at most. */
  readonly limit: number;
}

/** Reads rows of a rule's tables and makes their documents as a run would. Throws CONFIG_*, SOURCE_*, RULE_*, BULK_*. */
export async function testRule(
  configs: readonly PipelineConfig[],
  options: RuleTestOptions,
): Promise<readonly Sample[]> {
  const config = configs.find((each) => each.topology !== "capture");
  if (config === undefined)
    throw new TailraceError("CONFIG_INVALID", "the configuration writes records and no documents");
  const rule = findRule(config.rules, options.rule);
  await using connection = await openConnection(connectionOptions(mysqlOf(configs)));
  const schemas = chooseTables(await readRuleTables(connection, [rule]), {
    rule,
    table: options.table,
    isKey: options.choice.kind === "key",
  });
  await using client = new HttpClient(config.sink);
  const channel = client.channel();
  const samples: Sample[] = [];
  for (const schema of schemas) {
    const limit = options.limit - samples.length;
    if (limit <= 0) break;
    const run = await createRuleRun(rule, schema);
    for (const row of await readSamples(connection, schema, { choice: options.choice, limit })) {
      const outcome = run(row);
      samples.push({ schema, row, outcome, ...(await compareWithIndex(outcome, channel)) });
    }
  }
  return samples;
}

function findRule(rules: readonly RuleConfig[], name: string | undefined): RuleConfig {
  const [only, another] = rules;
  const found =
    name === undefined && another === undefined ? only : rules.find((rule) => rule.name === name);
  if (found !== undefined) return found;
  const names = rules.map((rule) => rule.name).join(", ");
  const what = name === undefined ? "--rule is needed" : `there is no rule ${name}`;
  throw new TailraceError("CONFIG_INVALID", `${what}; the rules are ${names}`);
}

function chooseTables(
  schemas: readonly TableSchema[],
  choice: {
    readonly rule: RuleConfig;
    readonly table: string | undefined;
    readonly isKey: boolean;
  },
): readonly TableSchema[] {
  const { rule, table, isKey } = choice;
  const chosen =
    table === undefined ? schemas : schemas.filter((each) => tableName(each) === table);
  if (chosen.length === 0)
    throw new TailraceError(
      "CONFIG_INVALID",
      `rule ${rule.name} takes no table ${table ?? rule.table} that this user may see`,
    );
  if (isKey && chosen.length > 1)
    throw new TailraceError(
      "CONFIG_INVALID",
      `rule ${rule.name} takes ${chosen.length} tables: say with --table which one has the key`,
    );
  return chosen;
}

async function compareWithIndex(
  outcome: Sample["outcome"],
  channel: HttpChannel,
): Promise<Pick<Sample, "held" | "differences">> {
  if (outcome.kind !== "document") return { held: null, differences: [] };
  const { action } = outcome;
  const held = await readDocument(channel, action);
  if (held.kind !== "document") return { held, differences: [] };
  // fields that other owners of the document write are not this rule's
  const isPart = action.target.write !== "whole";
  return { held, differences: compareDocuments(action.document ?? "{}", held.json, { isPart }) };
}
