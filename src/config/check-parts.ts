import { z } from "zod";
import { readSinkAddress, readSourceAddress } from "./connections.ts";
import { readKafkaConnection } from "./connections-kafka.ts";
import { valueAt } from "./key-path.ts";
import { reportBelow, type ConfigProblem } from "./problems.ts";
import { checkRules } from "./rule-checks.ts";
import type { PartialRule } from "./rule-options.ts";
import { kafkaConnectionKeys } from "./schema-kafka-connection.ts";
import { ruleSchema } from "./schema-rule.ts";
import { elasticsearchSink } from "./schema-sink.ts";
import { mysqlSource } from "./schema-source.ts";
import { readTls, type FileSources } from "./tls.ts";

type Table = Readonly<Record<string, unknown>>;

/** The checks beyond the schema, on as much of a document as is well-formed, so that all problems are told at once. */
export function checkParts(
  tree: unknown,
  sources: FileSources & { readonly secrets: ReadonlySet<string> },
): readonly ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  const context = { sources, problems };
  const [source, sink, kafka, rules] = ["source", "sink", "kafka", "rules"].map((key) =>
    valueAt(tree, [key]),
  );
  if (isTable(source)) {
    if (source["type"] === "kafka") checkKafka(source, "source", context);
    else checkMysql(source, context);
  }
  if (isTable(sink)) {
    if (sink["type"] === "kafka") checkKafka(sink, "sink", context);
    else checkElasticsearch(sink, context);
  }
  if (isTable(kafka)) checkKafka(kafka, "kafka", context);
  if (Array.isArray(rules)) {
    const partial = rules.map((rule: unknown) =>
      isTable(rule) ? (parseKeys(ruleSchema.shape, rule) as PartialRule) : {},
    );
    const needsIndex = !isTable(sink) || sink["type"] !== "kafka";
    problems.push(...checkRules(partial, { needsIndex, secrets: sources.secrets }));
  }
  return problems;
}

interface Context {
  readonly sources: FileSources;
  readonly problems: ConfigProblem[];
}

function checkMysql(table: Table, { sources, problems }: Context): void {
  const keys = parseKeys(mysqlSource.shape, table);
  readSourceAddress(keys, reportBelow(["source"], problems));
  if (keys.tls) readTls(keys.tls, sources, reportBelow(["source", "tls"], problems));
}

function checkElasticsearch(table: Table, { sources, problems }: Context): void {
  const keys = parseKeys(elasticsearchSink.shape, table);
  readSinkAddress({ ...keys, hosts: textsOf(table["hosts"]) }, reportBelow(["sink"], problems));
  if (keys.tls) readTls(keys.tls, sources, reportBelow(["sink", "tls"], problems));
}

function checkKafka(table: Table, section: string, { sources, problems }: Context): void {
  const keys = parseKeys(kafkaConnectionKeys, table);
  const brokers = textsOf(table["brokers"]);
  readKafkaConnection({ ...keys, brokers }, sources, reportBelow([section], problems));
}

/** The texts of a list; null stands for what is none. */
function textsOf(list: unknown): readonly (string | null)[] | undefined {
  return Array.isArray(list)
    ? list.map((text: unknown) => (typeof text === "string" ? text : null))
    : undefined;
}

/** The keys of a table that are well-formed. */
function parseKeys<Shape extends z.core.$ZodShape>(
  shape: Shape,
  table: Table,
): { [Key in keyof Shape]?: z.output<Shape[Key]> } {
  const entries = Object.entries(shape).flatMap(([key, schema]) => {
    const parsed = z.safeParse(schema, table[key]);
    return parsed.success && parsed.data !== undefined ? [[key, parsed.data]] : [];
  });
  return Object.fromEntries(entries) as { [Key in keyof Shape]?: z.output<Shape[Key]> };
}

function isTable(value: unknown): value is Table {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
