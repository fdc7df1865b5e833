import { mkdtempDisposable, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Finding } from "../../src/core/finding.ts";
import { canalRecord } from "../support/canal-record.ts";
import { openTestTarget } from "../support/elasticsearch.ts";
import { openTestTopic } from "../support/kafka-topic.ts";
import { openTestTopics } from "../support/kafka-topics.ts";
import { openTestDatabase } from "../support/mysql.ts";
import { testServerUrl } from "../support/servers.ts";
import { tailrace } from "./tailrace.ts";

const BROKERS = `brokers = ["${testServerUrl("kafka").host}"]`;

/** Runs `check` on a configuration of this text, and gives the exit code and the findings. */
async function check(text: string, ...flags: readonly string[]) {
  await using folder = await mkdtempDisposable(join(tmpdir(), "tailrace-"));
  const file = join(folder.path, "check.toml");
  await writeFile(file, text);
  const { code, stdout, stderr } = await tailrace(["check", file, "--json", ...flags]);
  expect(stderr).toBe("");
  const findings = JSON.parse(stdout) as readonly Finding[];
  return { code, findings, errors: findings.filter(({ severity }) => severity === "error") };
}

function captureText(
  db: { readonly name: string; readonly url: URL },
  sink: string,
  more = "",
): string {
  return `name = "${db.name.replaceAll("_", "-")}"
[source]
url = "mysql://root@${db.url.host}"
start = "latest"
[sink]
type = "kafka"
${sink}
${more}
[[rules]]
table = "${db.name}.*"
`;
}

test("a capture that will run is told so, and no topic is created by asking", async () => {
  await using db = await openTestDatabase();
  await db.query("CREATE TABLE t (id INT PRIMARY KEY); CREATE TABLE u (id INT PRIMARY KEY)");
  const checkpoints = `checkpoints-${db.name}`;
  const stores = `[state]\ntype = "kafka"\ntopic = "${checkpoints}"`;
  for (let time = 0; time < 2; time += 1) {
    const { code, errors, findings } = await check(captureText(db, BROKERS, stores));
    expect(errors).toEqual([]);
    expect(code).toBe(0);
    const absent = "does not exist yet and will be created with";
    expect(findings).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ check: "log_bin", severity: "ok" }),
        expect.objectContaining({ check: "start", severity: "ok" }),
        { severity: "ok", check: `rule ${db.name}.*`, message: "takes 2 tables" },
        expect.objectContaining({ check: expect.stringContaining("brokers 127.0.0.1:") }),
        { severity: "ok", check: `topic ${db.name}.t`, message: `${absent} 12 partitions` },
        { severity: "ok", check: `topic ${db.name}.u`, message: `${absent} 12 partitions` },
        { severity: "ok", check: `topic ${checkpoints}`, message: `${absent} 1 partition` },
        expect.objectContaining({ check: expect.stringMatching(/^transactional id /) }),
      ]),
    );
  }
});

test("topics that are missing or made for other things are told with what mends them", async () => {
  await using db = await openTestDatabase();
  await using topic = await openTestTopic(3);
  await db.query(`CREATE TABLE keyless (line TEXT); CREATE TABLE t (id INT PRIMARY KEY);
    CREATE TABLE t2 (id INT PRIMARY KEY, a INT)`);
  const state = `[state]\ntype = "kafka"\ntopic = "${topic.name}"`;
  const sink = `${BROKERS}
create_topics = false
topic = "gone-${topic.name}"
partition_by = { "${db.name}.t2" = ["b"] }`;
  const { code, errors, findings } = await check(captureText(db, sink, state));
  expect(code).toBe(2);
  expect(errors).toEqual([
    expect.objectContaining({
      check: `rule ${db.name}.*`,
      message: `${db.name}.t2 has no column b, which partition_by names`,
    }),
    expect.objectContaining({ check: `topic gone-${topic.name}`, message: "does not exist" }),
    {
      severity: "error",
      check: `topic ${topic.name}`,
      message: "has cleanup.policy=delete: what it keeps would expire",
      remedy: `kafka-configs --alter --topic ${topic.name} --add-config cleanup.policy=compact`,
    },
  ]);
  expect(findings).toContainEqual(
    expect.objectContaining({
      severity: "warning",
      message: `${db.name}.keyless has no primary key: all of its rows go to one partition`,
    }),
  );
  const used = await check(captureText(db, `${BROKERS}\ntopic = "${topic.name}"`));
  expect(used.findings).toContainEqual({
    severity: "ok",
    check: `topic ${topic.name}`,
    message: expect.stringMatching(/^3 partitions, batches of up to \d+ bytes$/),
  });
});

test("a topic that only takes small records is a warning", async () => {
  await using db = await openTestDatabase();
  await using topics = openTestTopics();
  await db.query("CREATE TABLE t (id INT PRIMARY KEY)");
  const name = `${topics.prefix}small`;
  await topics.create(name, 1, { "max.message.bytes": "2000" });
  const { code, findings } = await check(captureText(db, `${BROKERS}\ntopic = "${name}"`));
  expect(code).toBe(0);
  expect(findings).toContainEqual({
    severity: "warning",
    check: `topic ${name}`,
    message: expect.stringMatching(
      /^1 partition, batches of up to 2000 bytes: rows that are larger/,
    ),
    remedy: expect.stringContaining("max.message.bytes=1048588"),
  });
});

test("brokers that cannot be reached are told, and MySQL is looked at all the same", async () => {
  await using db = await openTestDatabase();
  await db.query("CREATE TABLE t (id INT PRIMARY KEY)");
  const sasl = 'sasl = { mechanism = "plain", username = "u", password = "hunter2" }';
  const { code, errors, findings } = await check(
    captureText(db, `brokers = ["127.0.0.1:1"]\n${sasl}`),
  );
  expect(code).toBe(2);
  expect(errors).toMatchObject([{ check: "brokers 127.0.0.1:1" }]);
  expect(errors[0]?.message).toContain("ECONNREFUSED");
  expect(findings).toContainEqual(expect.objectContaining({ check: "log_bin", severity: "ok" }));
  expect(findings).toContainEqual(expect.objectContaining({ check: "sasl", severity: "warning" }));
  expect(JSON.stringify(findings)).not.toContain("hunter2");
});

test("both halves of a configuration with Kafka are checked, or the one that is named", async () => {
  await using db = await openTestDatabase();
  await using target = await openTestTarget();
  await db.query("CREATE TABLE t (id INT PRIMARY KEY)");
  const text = `name = "${db.name.replaceAll("_", "-")}"
[source]
url = "mysql://root@${db.url.host}"
start = "latest"
[sink]
hosts = ["${target.url.origin}"]
[kafka]
${BROKERS}
[[rules]]
table = "${db.name}.t"
index = "${target.prefix}t"
`;
  const both = await check(text);
  expect(both.errors).toEqual([]);
  const checks = (findings: readonly Finding[]) => findings.map((finding) => finding.check);
  expect(checks(both.findings)).toEqual(
    expect.arrayContaining(["log_bin", `topic ${db.name}.t`, `host ${target.url.origin}`]),
  );
  const capture = await check(text, "--part", "capture");
  expect(checks(capture.findings)).toContain("log_bin");
  expect(checks(capture.findings)).not.toContain(`host ${target.url.origin}`);
  const sync = await check(text, "--part", "sync");
  expect(checks(sync.findings)).not.toContain("log_bin");
  expect(checks(sync.findings)).toContain(`host ${target.url.origin}`);
});

test("a rule that compares texts needs the collations of the server behind the records", async () => {
  await using db = await openTestDatabase();
  await using target = await openTestTarget();
  await using topics = openTestTopics();
  await db.query("CREATE TABLE orders (id INT PRIMARY KEY, v VARCHAR(100) NOT NULL)");
  const topic = `${topics.prefix}orders`;
  await topics.create(topic, 1);
  await topics.produce(topic, [canalRecord("INSERT", [{ id: 1, v: "a" }], { database: db.name })]);
  const text = (more: string): string => `name = "${topics.prefix}sync"
[source]
type = "kafka"
${BROKERS}
topics = ["${topic}"]
start = "earliest"
${more}
[sink]
hosts = ["${target.url.origin}"]
[state]
type = "elasticsearch"
index = "${target.prefix}state"
[[rules]]
name = "orders"
index = "${target.prefix}orders"
query = "select id from ${db.name}.orders where v <> 'Cancelled'"
`;
  const untold = await check(text(""));
  expect(untold.errors).toMatchObject([{ check: `rule orders on records of ${db.name}.orders` }]);
  expect(untold.errors[0]?.message).toMatch(/COLLATE .* source\.mysql/);
  const told = await check(text(`mysql = "mysql://root@${db.url.host}"`));
  expect(told.errors).toEqual([]);
});
