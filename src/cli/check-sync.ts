import type { OffsetStart, SyncConfig } from "../config/config.ts";
import { configFingerprint } from "../config/fingerprint.ts";
import type { Finding } from "../core/finding.ts";
import type { KafkaCluster, TopicDescription } from "../core/kafka.ts";
import type { TableSchema } from "../core/schema.ts";
import type { TargetSpec } from "../core/sink.ts";
import type { SyncState } from "../core/sync-state.ts";
import { openCluster } from "../kafka/cluster.ts";
import { openConnection } from "../mysql/connection.ts";
import { describeServer } from "../mysql/server.ts";
import { followTopics } from "../pipeline/sync/follow-topics.ts";
import { resolveOffsets } from "../pipeline/sync/offset-start.ts";
import { connectionOptions } from "../pipeline/source.ts";
import { findTopics } from "../pipeline/sync/topic-watch.ts";
import { openJsonClient } from "../sink/client.ts";
import { checkTarget } from "../sink/preflight.ts";
import { openSyncStateIndex } from "../state/sync-state-elasticsearch.ts";
import { checkRulesOnTables, checkTransforms, pipelinesOf } from "./check-rules.ts";
import { checkSamples } from "./check-samples.ts";
import { checkStoreFolders, storeSpecs } from "./check-stores.ts";
import { findingOf } from "./findings.ts";
import { readTables } from "../pipeline/read-tables.ts";

/** All findings about a pipeline from records into documents. A server that cannot be asked is one itself, and the others are checked all the same. */
export async function checkSync(config: SyncConfig): Promise<readonly Finding[]> {
  const origin = await checkOrigin(config);
  const findings = [...origin.findings, ...(await checkTransforms(config.rules))];
  try {
    await using cluster = await openCluster(config.source.connection);
    findings.push(...(await checkTopics(config, cluster, origin)));
  } catch (error) {
    findings.push(findingOf(brokersOf(config), error));
  }
  try {
    const indices = [...origin.specs, ...storeSpecs(config)];
    findings.push(...(await checkTarget(config.sink, indices, pipelinesOf(config.rules))));
  } catch (error) {
    findings.push(findingOf("sink", error));
  }
  return [...findings, ...(await checkStoreFolders(config))];
}

/** What the MySQL server behind the records tells, if one is named. */
interface Origin {
  readonly findings: readonly Finding[];
  readonly specs: readonly TargetSpec[];
  /** Null without a server. */
  readonly tables: readonly TableSchema[] | null;
  readonly caseSensitive: boolean;
}

async function checkOrigin({ source, rules }: SyncConfig): Promise<Origin> {
  const { mysql } = source;
  const none = { findings: [], specs: [], tables: null, caseSensitive: true };
  if (mysql === undefined) return none;
  try {
    await using connection = await openConnection(connectionOptions(mysql));
    const server = await describeServer(connection);
    const caseSensitive = server.lowerCaseTableNames === 0;
    const described = await readTables(connection, rules, { caseSensitive });
    const tables = described.map((table) => table.schema);
    return { ...checkRulesOnTables(rules, tables, { caseSensitive }), tables, caseSensitive };
  } catch (error) {
    return { ...none, findings: [findingOf("source.mysql", error)] };
  }
}

async function checkTopics(
  config: SyncConfig,
  cluster: KafkaCluster,
  { tables, caseSensitive }: Origin,
): Promise<readonly Finding[]> {
  const { source } = config;
  const found = await findTopics(cluster, source.topics);
  const findings: Finding[] = [
    { severity: "ok", check: brokersOf(config), message: "can be reached" },
  ];
  const missing = source.topics.filter((topic) => !topic.includes("*") && !found.has(topic));
  const unmatched = found.size === 0 ? source.topics : missing;
  for (const topic of unmatched)
    findings.push({
      severity: "warning",
      check: `topic ${topic}`,
      message: "does not exist; a run waits for it",
      remedy: "Start the capture that writes it, create it, or correct source.topics.",
    });
  for (const [topic, { partitions }] of found) {
    const message = partitions === 1 ? "1 partition" : `${partitions} partitions`;
    findings.push({ severity: "ok", check: `topic ${topic}`, message });
  }
  if (found.size === 0) return findings;
  const describeTable =
    tables === null
      ? null
      : (database: string, table: string) =>
          Promise.resolve(
            tables.find((one) => one.database === database && one.table === table) ?? null,
          );
  findings.push(...(await checkStart(config, cluster, found)));
  const context = { cluster, describeTable, caseSensitive };
  return [...findings, ...(await checkSamples(config, [...found.keys()], context))];
}

/** Who is in the group, and where a run would go on. */
async function checkStart(
  config: SyncConfig,
  cluster: KafkaCluster,
  found: ReadonlyMap<string, TopicDescription>,
): Promise<readonly Finding[]> {
  const { group, start } = config.source;
  const findings: Finding[] = [];
  try {
    const { members } = await cluster.describeGroup(group);
    const count = members.length === 1 ? "1 instance" : `${members.length} instances`;
    findings.push({ severity: "ok", check: `group ${group}`, message: `${count} at the moment` });
    const { topics } = await plannedState(config, found);
    const partitions = [...found].flatMap(([topic, { partitions: total }]) =>
      Array.from({ length: total }, (_, partition) => ({ topic, partition })),
    );
    const committed = await cluster.committedOffsets(group, partitions);
    await resolveOffsets(partitions, committed, { cluster, group, start, topics });
    const message =
      committed.length === 0
        ? `first start, from ${describeStart(start)}`
        : `goes on at the group's offsets in ${committed.length} of ${partitions.length} partitions`;
    return [...findings, { severity: "ok", check: "start", message }];
  } catch (error) {
    return [...findings, findingOf("start", error)];
  }
}

/** The brokers as a check is named: as that of a capture, which looks at the same ones. */
function brokersOf({ source }: SyncConfig): string {
  return `brokers ${source.connection.brokers.join(", ")}`;
}

function describeStart(start: OffsetStart | undefined): string {
  switch (start?.kind) {
    case "timestamp":
      return `the records of ${new Date(start.timestampMs).toISOString()} and later`;
    case "offsets":
      return "the offsets that source.start names";
    default:
      return String(start?.kind);
  }
}

/** The state that a run would begin with; nothing is written. Throws as that run would. */
async function plannedState(
  config: SyncConfig,
  topics: ReadonlyMap<string, TopicDescription>,
): Promise<SyncState> {
  const { name: pipeline, source, state } = config;
  await using client = openJsonClient(config.sink);
  const store = openSyncStateIndex({ client, index: state.index, pipeline });
  return followTopics(await store.load(), {
    pipeline,
    group: source.group,
    fingerprint: configFingerprint(config),
    topics,
    firstGeneration: 0,
    acceptChanges: false,
    now: new Date().toISOString(),
  });
}
