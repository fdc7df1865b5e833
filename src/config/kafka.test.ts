import { expect, test } from "vitest";
import { TailraceError } from "../core/errors.ts";
import type { PipelineConfig } from "./config.ts";
import { toDocument } from "./document.ts";
import { configFingerprint } from "./fingerprint.ts";
import { parseConfig, parsePipelines, type LoadOptions } from "./load.ts";
import { redactConfig } from "./redact.ts";
import { ofTopology } from "./topology.ts";

const OPTIONS = {
  syntax: "toml",
  file: "test.toml",
  folder: "/etc/tailrace",
  hostname: "host",
  env: { PASSWORD: "hunter2", BROKERS: "a:1,b" },
} as const;

const MYSQL = `[source]\nurl = "mysql://sync:hunter2@db"\n`;
const ELASTICSEARCH = `[sink]\nhosts = ["http://es:9200"]\n`;
const RULE = `[[rules]]\ntable = "shop.orders"\nindex = "orders"\n`;
const TOPICS = `[source]\ntype = "kafka"\nbrokers = ["k:9092"]\ntopics = ["shop.*"]\n`;
const TO_TOPICS = `[sink]\ntype = "kafka"\nbrokers = ["k"]\n`;
const TABLE_ONLY = `[[rules]]\ntable = "shop.orders"\n`;

function parse(...parts: readonly string[]): PipelineConfig {
  return parseConfig(`name = "shop"\n${parts.join("")}`, OPTIONS);
}

function capture(lines = "", more = "") {
  return ofTopology(parse(MYSQL, TO_TOPICS, `${lines}\n`, more, TABLE_ONLY), "capture");
}

function sync(lines = "", more = "") {
  return ofTopology(parse(TOPICS, `${lines}\n`, ELASTICSEARCH, more, RULE), "sync");
}

function halves(lines: string, more = "", part?: LoadOptions["part"]) {
  const text = `name = "shop"\n${MYSQL}${ELASTICSEARCH}${more}[kafka]\n${lines}\n${RULE}`;
  return parsePipelines(text, { ...OPTIONS, part });
}

function problemOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof TailraceError) return `${error.code} ${error.message}`;
    throw error;
  }
  throw new Error("no problem was found");
}

function readBack(config: PipelineConfig): PipelineConfig {
  return parseConfig(JSON.stringify(toDocument(config)), { ...OPTIONS, syntax: "json" });
}

test("a capture needs brokers and tables, and keeps its checkpoint in a topic", () => {
  expect(capture()).toEqual({
    topology: "capture",
    name: "shop",
    drainTimeoutMs: 25_000,
    log: { level: "info" },
    source: expect.objectContaining({ type: "mysql", host: "db" }),
    sink: {
      type: "kafka",
      connection: { brokers: ["k:9092"], connectTimeoutMs: 10_000, requestTimeoutMs: 30_000 },
      topic: "{database}.{table}",
      format: "canal",
      partitioner: "murmur2",
      partitionBy: {},
      delivery: "exactly_once",
      createTopics: { partitions: 12, replication: -1 },
      compression: "lz4",
      enumLabels: false,
      maxBufferBytes: 32 * 1024 ** 2,
    },
    state: { type: "kafka", topic: "tailrace-checkpoints" },
    deadLetters: { type: "kafka", topic: "tailrace-dead-letters" },
    rules: [expect.objectContaining({ name: "shop.orders", table: "shop.orders", index: "" })],
    tests: [],
  });
});

test("a sync reads as a group of its name, and keeps what it knows in the cluster that it writes", () => {
  expect(sync()).toMatchObject({
    topology: "sync",
    source: {
      type: "kafka",
      connection: { brokers: ["k:9092"] },
      topics: ["shop.*"],
      group: "shop",
      format: "auto",
      groupProtocol: "auto",
      sessionTimeoutMs: 15_000,
      revokeTimeoutMs: 10_000,
      maxFetchBytes: 16 * 1024 ** 2,
    },
    state: { type: "elasticsearch", index: "tailrace-state" },
    deadLetters: { type: "elasticsearch", index: "tailrace-dead-letters" },
  });
  expect(sync().source).not.toHaveProperty("start");
});

test("every key of a capture arrives and reads back", () => {
  const config = capture(`
connect_timeout = "1s"
request_timeout = "2s"
topic = "cdc.{table}"
format = "debezium"
partitioner = "canal"
partition_by = { "shop.items" = ["order_id"], "shop.log_*" = ["tenant", "day"] }
delivery = "at_least_once"
create_topics = { partitions = 3, replication = 2 }
compression = "zstd"
enum_labels = true
max_buffer = "4MiB"
tls = { ca = "-----BEGIN CERTIFICATE", cert = "-----BEGIN C", key = "-----BEGIN K", verify_host = false }
sasl = { mechanism = "scram-sha-512", username = "u", password = "\${env:PASSWORD}" }
[state]
path = "/var/lib/tailrace"`);
  expect(config).toMatchObject({
    sink: {
      connection: {
        tls: { ca: "-----BEGIN CERTIFICATE", verifyHost: false, insecure: false },
        sasl: { mechanism: "scram-sha-512", username: "u", password: "hunter2" },
        requestTimeoutMs: 2_000,
      },
      topic: "cdc.{table}",
      partitionBy: { "shop.items": ["order_id"], "shop.log_*": ["tenant", "day"] },
      createTopics: { partitions: 3, replication: 2 },
      maxBufferBytes: 4 * 1024 ** 2,
    },
    state: { type: "file", path: "/var/lib/tailrace" },
    deadLetters: { type: "file", path: "/var/lib/tailrace" },
  });
  expect(readBack(config)).toEqual(config);
  const minimal = capture("create_topics = false");
  expect(minimal.sink).not.toHaveProperty("createTopics");
  expect(readBack(minimal)).toEqual(minimal);
  expect(readBack(capture())).toEqual(capture());
});

test("every key of a sync arrives and reads back", () => {
  const config = sync(
    `format = "maxwell"
group = "g"
group_protocol = "classic"
instance_id = "one"
session_timeout = "6s"
revoke_timeout = "1s"
max_fetch_bytes = "1MiB"
start = { timestamp = 2026-11-23T10:00:00+01:00 }
[source.sasl]
mechanism = "oauthbearer"
token_url = "https://id.example.com/token"
client_id = "c"
client_secret = "\${env:PASSWORD}"
scope = "kafka"
[source.mysql]
url = "mariadb://u:hunter2@db:3307"
connect_timeout = "3s"
tls = { insecure = true }`,
    `[dead_letters]\npath = "letters"\n`,
  );
  expect(config).toMatchObject({
    source: {
      format: "maxwell",
      group: "g",
      instanceId: "one",
      start: { kind: "timestamp", timestampMs: Date.UTC(2026, 10, 23, 9) },
      connection: {
        sasl: {
          mechanism: "oauthbearer",
          provider: { kind: "endpoint", clientId: "c", clientSecret: "hunter2", scope: "kafka" },
        },
      },
      mysql: {
        host: "db",
        port: 3307,
        user: "u",
        connectTimeoutMs: 3_000,
        tls: { insecure: true },
      },
    },
    deadLetters: { type: "file", path: "/etc/tailrace/letters" },
  });
  expect(readBack(config)).toEqual(config);
});

test.each([
  ['"earliest"', { kind: "earliest" }],
  ['"latest"', { kind: "latest" }],
  ['{ timestamp = "2026-11-23 10:00Z" }', { kind: "timestamp", timestampMs: 1795428000000 }],
  ['{ offsets = { a = { "0" = 5, 1 = 7 } } }', { kind: "offsets", offsets: { a: { 0: 5, 1: 7 } } }],
])("the start %s is read and reads back", (start, expected) => {
  const config = sync(`start = ${start}`);
  expect(config.source.start).toEqual(expected);
  expect(readBack(config)).toEqual(config);
});

test("brokers may come in one string, and the MySQL server as a URL", () => {
  const text = TOPICS.replace('["k:9092"]', '["${env:BROKERS}", "[::1]:9093", "a:1"]');
  const config = parse(text, `mysql = "mysql://u:\${env:PASSWORD}@db"\n`, ELASTICSEARCH, RULE);
  expect(config).toMatchObject({
    source: {
      connection: { brokers: ["a:1", "b:9092", "[::1]:9093"] },
      mysql: { host: "db", port: 3306, user: "u", password: "hunter2" },
    },
  });
});

test("a direct configuration becomes a capture and a sync by a [kafka] section", () => {
  const [first, second, ...others] = halves('brokers = ["k"]\ntopic = "shop"');
  expect(others).toEqual([]);
  const direct = ofTopology(parse(MYSQL, ELASTICSEARCH, RULE), "direct");
  expect(first).toMatchObject({
    topology: "capture",
    name: "shop",
    source: direct.source,
    sink: { topic: "shop", delivery: "exactly_once", createTopics: { partitions: 12 } },
    state: { type: "kafka", topic: "tailrace-checkpoints" },
    rules: direct.rules,
  });
  expect(second).toMatchObject({
    topology: "sync",
    name: "shop",
    source: {
      topics: ["shop"],
      group: "shop",
      start: { kind: "earliest" },
      mysql: { host: "db", user: "sync", password: "hunter2" },
    },
    sink: direct.sink,
    state: { type: "elasticsearch", index: "tailrace-state" },
    rules: direct.rules,
  });
  for (const half of [first, second]) {
    expect(half && readBack(half)).toEqual(half);
    expect(halves('brokers = ["k"]\ntopic = "shop"', "", half?.topology as "sync")).toEqual([half]);
  }
});

test("the keys of [kafka] go to the half that they are for, and its topics are those of the rules", () => {
  const [first, second] = halves(
    `brokers = ["k"]
topic = "{table}-{database}"
partitioner = "canal"
group = "g"
start = "latest"
checkpoint_topic = "cp"
sasl = { mechanism = "plain", username = "u", password = "p" }
[[rules]]
table = "shop.item_#"
index = "items"
[[rules]]
table = "\`odd name\`.x"
index = "odd"`,
    `[state]\ntype = "elasticsearch"\nindex = "st"\n[dead_letters]\npath = "dl"\n`,
  );
  const letters = { type: "file", path: "/etc/tailrace/dl" };
  expect(first).toMatchObject({
    sink: { partitioner: "canal", connection: { sasl: { mechanism: "plain" } } },
    state: { type: "kafka", topic: "cp" },
    deadLetters: letters,
  });
  expect(second).toMatchObject({
    source: {
      topics: ["item_*-shop", "x-odd_name", "orders-shop"],
      group: "g",
      start: { kind: "latest" },
      connection: { sasl: { mechanism: "plain" } },
    },
    state: { type: "elasticsearch", index: "st" },
    deadLetters: letters,
  });
});

test("a part must be there, and both cannot be loaded as one", () => {
  const direct = `name = "shop"\n${MYSQL}${ELASTICSEARCH}${RULE}`;
  expect(problemOf(() => parsePipelines(direct, { ...OPTIONS, part: "sync" }))).toContain(
    'CONFIG_INVALID test.toml describes a direct pipeline, which has no part "sync"',
  );
  const both = `${direct}[kafka]\nbrokers = ["k"]\n`;
  expect(problemOf(() => parseConfig(both, OPTIONS))).toContain("choose the part");
  expect(parseConfig(both, { ...OPTIONS, part: "sync" }).topology).toBe("sync");
  expect(problemOf(() => ofTopology(capture(), "sync"))).toContain("is a capture pipeline");
});

const SASL = (lines: string) => `[sink.sasl]\n${lines}\n`;

test.each([
  ["capture", "", `[state]\ntype = "file"\n`, 'state.type: must be "kafka" with delivery'],
  ["capture", "", `[state]\ntype = "elasticsearch"\n`, 'state.type: must be "kafka" or "file"'],
  ["capture", "", `[dead_letters]\ntype = "elasticsearch"\n`, "dead_letters.type: must be"],
  ["capture", 'topic = "{db}"', "", "sink.topic: must not contain {db}: only {database} and"],
  ["capture", 'topic = "a b"', "", 'sink.topic: must not contain " "'],
  ["capture", "delivery = 1", "", 'sink.delivery: must be "exactly_once" or "at_least_once"'],
  ["capture", "create_topics = true", "", "sink.create_topics: must be false or a table"],
  ["capture", "create_topics = { partitions = 0 }", "", "must be at least 1"],
  ["capture", 'partition_by = { "a" = ["b"] }', "", "sink.partition_by.a:"],
  ["capture", 'partition_by = { "a.b" = ["c"], "a.*" = ["d"] }', "", 'takes tables of "a.b" too'],
  ["capture", 'partition_by = { "a.b" = [] }', "", "must name at least one column"],
  ["capture", "lanes = 2", "", "sink.lanes: unknown key"],
  ["capture", 'compresion = "lz4"', "", 'unknown key; did you mean "compression"?'],
  ["capture", "", SASL('mechanism = "plain"\nusername = "u"'), "sink.sasl: needs a password"],
  ["capture", "", SASL('mechanism = "plain"\ntoken = "u"'), "sink.sasl.token: means nothing with"],
  ["capture", "", SASL('mechanism = "oauthbearer"'), "sink.sasl: needs a token, or a token_url"],
  [
    "capture",
    "",
    SASL('mechanism = "oauthbearer"\ntoken_url = "x"\nclient_id = "c"'),
    "sink.sasl.token_url: must be a URL",
  ],
  ["capture", "", SASL('mechanism = "scram-sha-265"'), 'did you mean "scram-sha-256"?'],
  ["capture", 'tls = { cert = "-----BEGIN" }', "", "sink.tls.cert: needs a key beside it"],
  ["sync", "", `[state]\ntype = "file"\n`, 'state.type: must be "elasticsearch"'],
  ["sync", "", `[state]\ntype = "kafka"\n`, 'state.type: must be "elasticsearch"'],
  ["sync", "", `[dead_letters]\ntype = "kafka"\n`, "dead_letters.type: must be"],
  ["sync", 'start = "committed"', "", 'source.start: must be "earliest", "latest", { timestamp'],
  ["sync", "start = { timestamp = 2026-11-23T10:00:00 }", "", "must be a time with its zone"],
  ["sync", "start = { timestamp = 5 }", "", "must be a time with its zone"],
  ["sync", 'start = { offsets = { a = { "x" = 1 } } }', "", "must be a partition's number"],
  ["sync", 'mysql = "http://db"', "", "source.mysql: must begin with mysql:// or mariadb://"],
  ["sync", "mysql = { port = 1 }", "", "source.mysql.url: is required (or host)"],
  ["sync", "session_timeout = 5", "", "source.session_timeout: must be a duration"],
  ["sync", "server_id = 5", "", "source.server_id: unknown key"],
] as const)("in a %s, %s %s is a problem", (kind, lines, more, message) => {
  const text = problemOf(() => (kind === "capture" ? capture(lines, more) : sync(lines, more)));
  expect(text).toContain("CONFIG_INVALID");
  expect(text).toContain(message);
});

test.each([
  [[TOPICS, TO_TOPICS, RULE], 'sink.type: must be "elasticsearch"'],
  [[MYSQL, ELASTICSEARCH, TABLE_ONLY], "rules[0].index: is required"],
  [[TOPICS, ELASTICSEARCH, TABLE_ONLY], "rules[0].index: is required"],
  [[MYSQL, ELASTICSEARCH, '[state]\ntype = "kafka"\n', RULE], "this pipeline has no Kafka"],
  [
    [TOPICS, ELASTICSEARCH, RULE, 'cascade = "synthesize"\n'],
    'rules[0].cascade: must be "ignore" with Kafka',
  ],
  [[TOPICS, ELASTICSEARCH, '[kafka]\nbrokers = ["k"]\n', RULE], "kafka: belongs between a MySQL"],
  [[TOPICS.replace("shop.*", "a/b"), ELASTICSEARCH, RULE], 'topics[0]: must not contain "/"'],
  [[TOPICS.replace("k:9092", "http://k"), ELASTICSEARCH, RULE], "brokers[0]: must be host:port"],
  [[TOPICS.replace("k:9092", "k:99999"), ELASTICSEARCH, RULE], "brokers[0]: must be host:port"],
  [[TOPICS.replace(/brokers.*/, ""), ELASTICSEARCH, RULE], "source.brokers: is required"],
] as const)("the parts %j do not go together", (parts, message) => {
  expect(problemOf(() => parse(...parts))).toContain(message);
});

test.each([
  ['[state]\ntype = "file"\n', 'state.type: must be "elasticsearch", or leave [state] out'],
  ['[dead_letters]\ntype = "kafka"\n', "dead_letters.type: must be"],
])("beside [kafka], %j is a problem", (more, message) => {
  expect(problemOf(() => halves('brokers = ["k"]', more))).toContain(message);
});

test("problems of Kafka sections are told with those of the others, each at its place", () => {
  const text = problemOf(() =>
    halves('brokers = ["a b"]\nbatch_size = 3\ngroup_protcol = "x"\n[kafka.sasl]\nmechanism = 1'),
  );
  expect(text).toContain("test.toml:7:12: kafka.brokers[0]: must be host:port");
  expect(text).toContain("test.toml:8:1: kafka.batch_size: unknown key");
  expect(text).toContain('kafka.group_protcol: unknown key; did you mean "group_protocol"?');
  expect(text).toContain('kafka.sasl.mechanism: must be "plain" or "scram-sha-256" or');
});

test("no secret of Kafka's is printed", () => {
  const secrets = [
    'sasl = { mechanism = "plain", username = "u", password = "hunter2" }',
    'sasl = { mechanism = "oauthbearer", token = "hunter2" }',
    'sasl = { mechanism = "oauthbearer", token_url = "http://t", client_id = "c", client_secret = "hunter2" }',
  ];
  for (const line of secrets) {
    const configs = [...halves(`brokers = ["k"]\n${line}`), capture(line), sync(line)];
    for (const config of configs) {
      const shown = JSON.stringify(toDocument(redactConfig(config)));
      expect(shown).not.toContain("hunter2");
      expect(shown).toContain('"***"');
    }
    const wrong = problemOf(() => capture(`${line}\nbrokers = 1`.replace('u",', 'u", x = 1,')));
    expect(wrong).not.toContain("hunter2");
  }
});

test("a capture's fingerprint follows what chooses a record's topic and partition", () => {
  const base = configFingerprint(capture());
  expect(configFingerprint(capture('format = "maxwell"\ncompression = "none"'))).toBe(base);
  expect(configFingerprint(capture('topic = "one"'))).not.toBe(base);
  expect(configFingerprint(capture('partitioner = "canal"'))).not.toBe(base);
  const byColumn = capture('partition_by = { "shop.orders" = ["tenant"] }');
  expect(configFingerprint(byColumn)).not.toBe(base);
  const direct = parse(MYSQL, ELASTICSEARCH, RULE);
  expect(configFingerprint(sync())).toBe(configFingerprint(direct));
});
