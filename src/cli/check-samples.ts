import type { SyncConfig } from "../config/config.ts";
import type { Finding } from "../core/finding.ts";
import type { KafkaCluster } from "../core/kafka.ts";
import type { Logger } from "../core/logger.ts";
import type { RecordView } from "../core/record.ts";
import { type TableSchema, tableName } from "../core/schema.ts";
import { newestPlaces } from "../kafka/newest-places.ts";
import { peekRecords } from "../kafka/peek-records.ts";
import { createCapturedTables } from "../pipeline/sync/captured-tables.ts";
import { createToldEnough } from "../pipeline/sync/told-enough.ts";
import { idColumnsOf, loadRules, RuleSet } from "../pipeline/rule-set.ts";
import { planDocument } from "../rules/plan.ts";
import { createRecordDecoder, type RecordDecoder } from "../transport/record-decoder.ts";
import { findingOf } from "./findings.ts";

/** What sample records are decoded with. */
export interface SampleContext {
  readonly cluster: KafkaCluster;
  readonly describeTable: ((database: string, table: string) => Promise<TableSchema | null>) | null;
  readonly caseSensitive: boolean;
}

/** A look at one topic takes so long at most, ms. */
const TIMEOUT_MS = 3_000;
/** So many places before the end are looked at: some of them may be marks of transactions. */
const PLACES = 20;
/** No one wants to know of a broker that is slow for a moment. */
const SILENT: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** Whether newest records of each topic can be read as changes, as a run would read them, and the rules take what they tell of their tables. */
export async function checkSamples(
  config: SyncConfig,
  topics: readonly string[],
  context: SampleContext,
): Promise<readonly Finding[]> {
  const rules = new RuleSet(await loadRules(config.rules), context);
  const { isCaptured, gapsOf } = createCapturedTables(rules);
  const decoder = createRecordDecoder({
    format: config.source.format,
    isCaptured,
    idColumns: (database, table) => idColumnsOf(rules.rulesOf(database, table)),
    describeTable: context.describeTable,
    isEnough: createToldEnough(rules),
    topicOf: () => ({ generation: 0, partitions: 1 }),
    gapsOf,
  });
  const findings: Finding[] = [];
  const seen = new Map<string, TableSchema>();
  for (const topic of topics) {
    try {
      const { cluster } = context;
      findings.push(await checkTopic(topic, { config, decoder, cluster, allSeen: seen }));
    } catch (error) {
      findings.push(findingOf(`records of ${topic}`, error));
    }
  }
  return [...findings, ...checkTold([...seen.values()], rules)];
}

/** Rules that cannot be compiled for tables as their records tell them. */
function checkTold(schemas: readonly TableSchema[], rules: RuleSet): readonly Finding[] {
  const findings: Finding[] = [];
  for (const schema of schemas) {
    for (const { rule, config } of rules.rulesOf(schema.database, schema.table)) {
      try {
        planDocument(rule, schema);
      } catch (error) {
        findings.push(findingOf(`rule ${config.name} on records of ${tableName(schema)}`, error));
      }
    }
  }
  return findings;
}

interface TopicContext {
  readonly config: SyncConfig;
  readonly decoder: RecordDecoder;
  readonly cluster: KafkaCluster;
  /** Tables by name of which there were rows, in any topic. */
  readonly allSeen: Map<string, TableSchema>;
}

async function checkTopic(topic: string, context: TopicContext): Promise<Finding> {
  const { config, decoder, cluster } = context;
  const check = `records of ${topic}`;
  const from = await newestPlaces(cluster, topic, PLACES);
  if (from.length === 0) return { severity: "ok", check, message: "there are none yet" };
  const seen = new Map<string, TableSchema>();
  let records = 0;
  let fault: Finding | null = null;
  await peekRecords(config.source.connection, from, {
    timeoutMs: TIMEOUT_MS,
    logger: SILENT,
    each: async (record) => {
      records += 1;
      const poison = await look(record, decoder, seen);
      if (poison !== null) fault = unreadable(check, record, poison);
      return fault === null && seen.size === 0 && records < PLACES;
    },
  });
  if (fault !== null) return fault;
  for (const [name, schema] of seen) context.allSeen.set(name, schema);
  if (seen.size > 0)
    return { severity: "ok", check, message: `hold rows of ${[...seen.keys()].join(", ")}` };
  const message =
    records === 0 ? "the newest hold no change" : "the newest hold no row that a rule takes";
  return { severity: "ok", check, message };
}

/** Decodes a record, noting the tables of its rows; what is wrong with it, or null. */
async function look(
  record: RecordView,
  decoder: RecordDecoder,
  seen: Map<string, TableSchema>,
): Promise<string | null> {
  await decoder.begin(record);
  for (let event = decoder.next(); event !== null; event = decoder.next()) {
    if (event.kind === "poison") return event.detail;
    if (event.kind === "rows" || event.kind === "incomplete")
      seen.set(tableName(event.table.schema), event.table.schema);
  }
  return null;
}

function unreadable(check: string, record: RecordView, detail: string): Finding {
  const { topic, partition, offset } = record;
  return {
    severity: "warning",
    check,
    message: `${topic}/${partition} at offset ${offset} is no change in a format that is known: ${detail}`,
    remedy:
      "Such records become dead letters: check source.format and who writes to the topic, or leave the topic out.",
  };
}
