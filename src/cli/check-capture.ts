import type { CaptureConfig, KafkaSinkConfig } from "../config/config.ts";
import type { Finding } from "../core/finding.ts";
import { tableName, type TableSchema } from "../core/schema.ts";
import { topicName } from "../core/topic-name.ts";
import { checkWriting } from "../kafka/preflight.ts";
import type { WantedTopic } from "../kafka/preflight-topic.ts";
import { transactionalId } from "../pipeline/capture/capture-stores.ts";
import { createTableMatcher } from "../rules/table-pattern.ts";
import { checkMysqlSource } from "./check-source.ts";
import { checkStoreFolders } from "./check-stores.ts";

/** All findings about a capture into Kafka. A server that cannot be asked is one itself, and the other is checked all the same. */
export async function checkCapture(config: CaptureConfig): Promise<readonly Finding[]> {
  const { sink } = config;
  const source = await checkMysqlSource(config);
  const tables = source.tables ?? [];
  const kafka = await checkWriting(sink.connection, {
    topics: wantedTopics(config, tables),
    transactionalId: sink.delivery === "exactly_once" ? transactionalId(config.name) : undefined,
  });
  return [
    ...source.findings,
    ...(source.tables === null ? [] : checkTables(config, source.tables, source)),
    ...checkTopicNames(sink, tables),
    ...kafka,
    ...(await checkStoreFolders(config)),
  ];
}

/** What the rules make of the tables that exist. */
export function checkTables(
  { rules, sink }: Pick<CaptureConfig, "rules" | "sink">,
  tables: readonly TableSchema[],
  options: { readonly caseSensitive: boolean },
): readonly Finding[] {
  const patterns = Object.keys(sink.partitionBy).map((table) => ({ table }));
  const columnsOf = createTableMatcher(patterns, options);
  return rules.flatMap((rule): readonly Finding[] => {
    const check = `rule ${rule.table}`;
    const matches = createTableMatcher([rule], options);
    const taken = tables.filter(({ database, table }) => matches(database, table) !== null);
    if (taken.length === 0) {
      const message = "no table of this name exists, or the user may not see it";
      const remedy = "Correct the rule's table, create the table, or GRANT SELECT on it.";
      return [{ severity: "warning", check, message, remedy }];
    }
    const count = taken.length === 1 ? "1 table" : `${taken.length} tables`;
    const problems = taken.flatMap((schema) => {
      const pattern = columnsOf(schema.database, schema.table);
      const columns = pattern === null ? null : (sink.partitionBy[pattern.table] ?? null);
      return checkPartitioning(schema, columns, check);
    });
    return [{ severity: "ok", check, message: `takes ${count}` }, ...problems];
  });
}

function checkPartitioning(
  schema: TableSchema,
  columns: readonly string[] | null,
  check: string,
): readonly Finding[] {
  const names = new Set(schema.columns.map((column) => column.name.toLowerCase()));
  const unknown = columns?.find((column) => !names.has(column.toLowerCase()));
  if (unknown !== undefined) {
    return [
      {
        severity: "error",
        check,
        message: `${tableName(schema)} has no column ${unknown}, which partition_by names`,
        remedy: "Correct sink.partition_by.",
      },
    ];
  }
  if (columns !== null || schema.primaryKey.length > 0) return [];
  return [
    {
      severity: "warning",
      check,
      message: `${tableName(schema)} has no primary key: all of its rows go to one partition`,
      remedy: "Add a primary key, or name columns in sink.partition_by.",
    },
  ];
}

/** Tables whose names become one topic although the template tells them apart. */
export function checkTopicNames(
  { topic: template }: Pick<KafkaSinkConfig, "topic">,
  tables: readonly TableSchema[],
): readonly Finding[] {
  const plain = (table: TableSchema): string =>
    template.replaceAll(/\{(database|table)\}/g, (_, key: "database" | "table") => table[key]);
  const byTopic = Map.groupBy(tables, (table) => topicName(template, table));
  return [...byTopic].flatMap(([topic, sharing]): readonly Finding[] => {
    const names = [...new Set(sharing.map(plain))];
    if (names.length <= 1) return [];
    return [
      {
        severity: "error",
        check: `topic ${topic}`,
        message: `${names.join(" and ")} would both be written to it`,
        remedy: "Choose another sink.topic, or leave one of the tables out.",
      },
    ];
  });
}

function wantedTopics(
  { sink, state, deadLetters }: CaptureConfig,
  tables: readonly TableSchema[],
): readonly WantedTopic[] {
  const { topic, createTopics } = sink;
  const named = tables.map((table) => topicName(topic, table));
  // Without a place for names in it, it is known before there is a table.
  if (!/\{(?:database|table)\}/.test(topic)) named.push(topic);
  const kept = [state, deadLetters].flatMap((store) =>
    store.type === "kafka" ? [store.topic] : [],
  );
  const one = { partitions: 1, replication: createTopics?.replication ?? -1 };
  return [
    ...[...new Set(named)].map((name) => ({ name, create: createTopics, compacted: false })),
    ...[...new Set(kept)].map((name) => ({ name, create: one, compacted: true })),
  ];
}
