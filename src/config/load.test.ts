import { mkdtempDisposable, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { TailraceError } from "../core/errors.ts";
import { toDocument } from "./document.ts";
import { loadConfig, parseConfig } from "./load.ts";
import type { ConfigSyntax } from "./written.ts";
import { ofTopology } from "./topology.ts";

const MINIMAL = `name = "shop"

[source]
url = "mysql://sync:\${env:MYSQL_PASSWORD}@127.0.0.1"

[sink]
hosts = ["http://127.0.0.1:9200/"]

[[rules]]
table = "shop.orders"
index = "orders"
`;

const RULE = `[[rules]]\ntable = "shop.orders"\nindex = "orders"\n`;

function parse(text: string, syntax: ConfigSyntax = "toml") {
  const config = parseConfig(text, {
    syntax,
    file: `test.${syntax}`,
    folder: "/etc/tailrace",
    hostname: "host",
    env: { MYSQL_PASSWORD: "p@ss/wörd%", TOKEN: "t0ken" },
  });
  return ofTopology(config, "direct");
}

function problemsOf(text: string, syntax: ConfigSyntax = "toml"): TailraceError {
  try {
    parse(text, syntax);
  } catch (error) {
    if (error instanceof TailraceError) return error;
    throw error;
  }
  throw new Error("no problem was found");
}

/** `MINIMAL` with lines added to a section. */
function withLines(section: "source" | "sink" | "rules", lines: string): string {
  const header = section === "rules" ? "[[rules]]\n" : `[${section}]\n`;
  return MINIMAL.replace(header, `${header}${lines}\n`);
}

test("a minimal configuration gets every default", () => {
  expect(parse(MINIMAL)).toEqual({
    name: "shop",
    topology: "direct",
    drainTimeoutMs: 25_000,
    source: {
      type: "mysql",
      host: "127.0.0.1",
      port: 3306,
      user: "sync",
      password: "p@ss/wörd%",
      serverId: expect.any(Number),
      gtid: "auto",
      heartbeatIntervalMs: 5_000,
      connectTimeoutMs: 10_000,
    },
    sink: {
      type: "elasticsearch",
      hosts: ["http://127.0.0.1:9200"],
      lanes: 2,
      maxActions: 10_000,
      maxBytes: 2 * 1024 * 1024,
      flushIntervalMs: 200,
      requestTimeoutMs: 90_000,
      onReject: "dead_letter",
    },
    state: { type: "file", path: "/etc/tailrace/.tailrace" },
    deadLetters: { type: "file", path: "/etc/tailrace/.tailrace" },
    load: { mode: "initial", connections: 4, chunkBytes: 1024 * 1024, relaxIndex: false },
    verify: { settleTimeoutMs: 60_000 },
    log: { level: "info" },
    rules: [
      {
        name: "orders",
        table: "shop.orders",
        index: "orders",
        upsert: false,
        onDelete: "delete",
        createIndex: true,
        dynamic: "strict",
        decimals: "auto",
        onTruncate: "keep",
        cascade: "ignore",
      },
    ],
    tests: [],
  });
});

test("every key that is given arrives, and the effective configuration reads back as itself", () => {
  const config = parse(`name = "all"
drain_timeout = "1m"
[source]
type = "mysql"
host = "db"
port = 3307
user = "u"
password = "p"
start = { file = "binlog.000042", position = 157 }
server_id = 77
gtid = false
heartbeat_interval = "1.5s"
connect_timeout = "500ms"
tls = { ca = """-----BEGIN CERTIFICATE-----""", insecure = true, verify_host = false }
[sink]
type = "elasticsearch"
hosts = ["https://a:9200/prefix", "https://b:9200"]
api_key = "\${env:TOKEN}"
lanes = 4
max_actions = 500
max_bytes = "1.5MiB"
flush_interval = "50ms"
request_timeout = "5s"
on_reject = "stop"
tls = { insecure = true }
[state]
type = "elasticsearch"
index = "my-state"
[dead_letters]
type = "file"
path = "/var/lib/tailrace"
[log]
level = "debug"
format = "pretty"
[[rules]]
table = "shop.order_#"
index = "orders"
id = ["tenant", "number"]
fields = { include = ["tenant", "number", "sku"], exclude = ["note"], rename = { sku = "article" } }
upsert = true
create_index = false
dynamic = "false"
decimals = "string"
on_truncate = "stop"
`);
  expect(config).toMatchObject({
    drainTimeoutMs: 60_000,
    source: {
      port: 3307,
      start: { kind: "position", file: "binlog.000042", position: 157 },
      serverId: 77,
      gtid: false,
      heartbeatIntervalMs: 1_500,
      tls: { insecure: true, verifyHost: false },
    },
    sink: {
      hosts: ["https://a:9200/prefix", "https://b:9200"],
      auth: { kind: "apiKey", key: "t0ken" },
      maxBytes: 1.5 * 1024 * 1024,
    },
    state: { type: "elasticsearch", index: "my-state" },
    deadLetters: { type: "file", path: "/var/lib/tailrace" },
    log: { level: "debug", format: "pretty" },
    rules: [{ id: ["tenant", "number"], rename: { sku: "article" }, dynamic: "false" }],
  });
  expect(parse(JSON.stringify(toDocument(config)), "json")).toEqual(config);
});

test.each([
  ['start = "earliest"', { kind: "earliest" }],
  ['start = "latest"', { kind: "latest" }],
  ['start = { file = "b.1", position = 4 }', { kind: "position", file: "b.1", position: 4 }],
  ['start = { gtid_set = "u:1-5" }', { kind: "gtid", gtidSet: "u:1-5" }],
])("the start %s is read", (line, start) => {
  expect(parse(withLines("source", line)).source.start).toEqual(start);
});

test("dead letters follow a checkpoint that is kept in Elasticsearch", () => {
  expect(parse(`${MINIMAL}[state]\ntype = "elasticsearch"\n`).deadLetters).toEqual({
    type: "elasticsearch",
    index: "tailrace-dead-letters",
  });
});

test("credentials in a host become basic authentication", () => {
  const text = MINIMAL.replace("http://127", "http://elastic:${env:MYSQL_PASSWORD}@127");
  expect(parse(text).sink).toMatchObject({
    hosts: ["http://127.0.0.1:9200"],
    auth: { kind: "basic", username: "elastic", password: "p@ss/wörd%" },
  });
});

test("the default server id depends on the pipeline's name and the host, and is high", () => {
  const first = parse(MINIMAL).source.serverId;
  expect(parse(MINIMAL).source.serverId).toBe(first);
  expect(parse(MINIMAL.replace('"shop"', '"other"')).source.serverId).not.toBe(first);
  expect(first).toBeGreaterThanOrEqual(3_000_000_000);
  expect(first).toBeLessThan(2 ** 32);
});

test("all problems are told at once, in the order of the file, each with its place and a caret", () => {
  const error = problemsOf(`name = "Shop"
[source]
url = "mysql://sync@127.0.0.1:3306/shop"
strat = "earliest"
[source.tls]
ca = "missing.pem"
[sink]
hosts = ["127.0.0.1:9200"]
lanes = 0
[[rules]]
table = "shop.*"
index = "Orders"
[[rules]]
idnex = "items"
table = "shop.items"
`);
  expect(error.code).toBe("CONFIG_INVALID");
  expect(error.message).toBe(
    `9 problems in test.toml

test.toml:1:8: name: must be 1 to 64 lower-case letters, digits, dots, hyphens or underscores
    1 | name = "Shop"
      |        ^

test.toml:3:7: source.url: must have no path: the rules name the databases
    3 | url = "mysql://sync@127.0.0.1:3306/shop"
      |       ^

test.toml:4:1: source.strat: unknown key; did you mean "start"?
    4 | strat = ***
      | ^

test.toml:6:6: source.tls.ca: the file /etc/tailrace/missing.pem cannot be read (ENOENT)
    6 | ca = "missing.pem"
      |      ^

test.toml:8:10: sink.hosts[0]: is no URL: it must begin with http:// or https://
    8 | hosts = ["127.0.0.1:9200"]
      |          ^

test.toml:9:9: sink.lanes: must be at least 1
    9 | lanes = 0
      |         ^

test.toml:12:9: rules[0].index: must be lower case: "orders"
   12 | index = "Orders"
      |         ^

test.toml:13:1: rules[1].index: is required
   13 | [[rules]]
      | ^

test.toml:14:1: rules[1].idnex: unknown key; did you mean "index"?
   14 | idnex = ***
      | ^`,
  );
});

test.each([
  ["source", "port = 3307", "source.port: stands beside url, which gives it already"],
  ["source", 'user = "other"', "source.user: stands beside url, which gives it already"],
  ["source", "heartbeat_interval = 5", "source.heartbeat_interval: must be a duration"],
  ["source", 'heartbeat_interval = "1ms"', "source.heartbeat_interval: must be between 100 and"],
  ["source", 'type = "postgres"', 'source.type: must be "mysql"'],
  ["source", 'gtid = "yes"', 'source.gtid: must be "auto", true or false'],
  ["source", "server_id = 4294967296", "source.server_id: must be at most 4294967295"],
  ["source", 'start = "begin"', 'source.start: must be "earliest", "latest", { file ='],
  ["source", 'start = { file = "b.1", position = 3 }', "source.start.position: must be at least 4"],
  ["source", "heartbeatInterval = 1", 'unknown key; did you mean "heartbeat_interval"?'],
  ["source", 'wibble = "x"', "unknown key; known here: type, url, host,"],
  ["source", "flush_interval = 1", "unknown key; it belongs in [sink]"],
  ["rules", 'exclude = ["a"]', "unknown key; it belongs in the fields of a rule"],
  ["rules", 'hosts = ["a"]', "unknown key; it belongs in [sink]"],
  ["source", 'tls = { cert = "-----BEGIN" }', "source.tls.cert: needs a key beside it"],
  ["sink", 'username = "u"', "sink.username: needs a password"],
  ["sink", 'password = "p"', "sink.password: needs a username"],
  ["sink", 'api_key = "k"\nbearer_token = "t"', "sink.bearer_token: stands beside api_key"],
  ["sink", 'max_bytes = "4 megs"', "sink.max_bytes: must be a size"],
  ["sink", "max_bytes = 5", "sink.max_bytes: must be between 16384 and"],
  [
    "sink",
    'on_reject = "dead-letter"',
    'must be "dead_letter" or "stop"; did you mean "dead_letter"?',
  ],
  ["rules", "dynamic = false", 'rules[0].dynamic: must be "strict" or "false", in quotes'],
  ["rules", "id = []", "rules[0].id: must name at least one column"],
  ["rules", 'id = ["a", "a"]', 'rules[0].id[1]: "a" is listed twice'],
  ["rules", 'upsert = "yes"', "rules[0].upsert: must be true or false, not a string"],
  ["rules", 'fields = ["a"]', "rules[0].fields: must be a table, not an array"],
  [
    "rules",
    "fields = { rename = { a = 1 } }",
    "rules[0].fields.rename.a: must be a string, not a number",
  ],
] as const)("in [%s], %s is a problem", (section, line, message) => {
  expect(problemsOf(withLines(section, line)).message).toContain(message);
});

test.each([
  ["Orders", 'must be lower case: "orders"'],
  ["a b", 'must not contain " "'],
  ["a*", 'must not contain "*"'],
  ["_orders", 'must not begin with "_"'],
  ["..", 'must not be ".."'],
  ["é".repeat(128), "must not be longer than 255 bytes"],
  ["", "must not be empty"],
])("the index name %j is refused", (name, message) => {
  const text = MINIMAL.replace('index = "orders"', `index = ${JSON.stringify(name)}`);
  expect(problemsOf(text).message).toContain(`rules[0].index: ${message}`);
});

test.each([
  ["orders", "write database.table"],
  ["a.b.c", "write database.table"],
  ["shop.", "write database.table"],
  ["my shop.orders", 'put names with " " in back-ticks'],
  ["`shop.orders", "a back-tick is not closed"],
])("the table %j is refused", (name, message) => {
  expect(problemsOf(MINIMAL.replace('"shop.orders"', `"${name}"`)).message).toContain(message);
});

test("a key has one problem, not what follows from it too", () => {
  const { message } = problemsOf(
    MINIMAL.replace("sync:", ":").replace("[sink]", "user = 5\n[sink]"),
  );
  expect(message).toMatch(/^1 problem .*source\.user: must be a string, not a number/s);
});

test("missing sections are named", () => {
  const { message } = problemsOf(`name = "shop"`);
  expect(message).toContain("source: is required");
  expect(message).toContain("sink: is required");
  expect(message).toContain("rules: is required");
});

test("[rules] in place of [[rules]] is explained", () => {
  expect(problemsOf(MINIMAL.replace("[[rules]]", "[rules]")).message).toContain(
    "rules: must be an array of tables, each begun with [[rules]], not a table",
  );
});

test("a JSON configuration may name its schema for editors", () => {
  const document = toDocument(parse(MINIMAL));
  const text = JSON.stringify({ $schema: "config.schema.json", ...document });
  expect(parse(text, "json")).toEqual(parse(MINIMAL));
});

test("JSON problems carry their path", () => {
  const error = problemsOf('{"name": "shop", "rules": [{"table": "a.b", "index": "x"}]}', "json");
  expect(error.message).toBe("2 problems in test.json\n\nsource: is required\n\nsink: is required");
});

test("a reference without a value is CONFIG_SECRET_MISSING when it is the only problem", () => {
  const error = problemsOf(MINIMAL.replace("MYSQL_PASSWORD", "NOWHERE"));
  expect(error.code).toBe("CONFIG_SECRET_MISSING");
  expect(error.message).toContain("source.url: the environment variable NOWHERE is not set");
});

test("beside other problems it is listed with them, and what follows from it is not", () => {
  const error = problemsOf(
    withLines("source", "lanes = 2").replace('"orders"', '"${file:index-name}"'),
  );
  expect(error.code).toBe("CONFIG_INVALID");
  expect(error.message).toContain("source.lanes: unknown key");
  expect(error.message).toContain("rules[0].index: the file /etc/tailrace/index-name cannot");
  expect(error.message).not.toContain("must not be empty");
});

test("problems never show a secret", () => {
  const error = problemsOf(`name = "shop"
[source]
url = "mysql://sync:hunter2@127.0.0.1:3306/x"
password = "hunter2"
[sink]
hosts = ["ftp://u:hunter2@es"]
api_key = 132002
bearer_token = "hunter2" # hunter2
password = "hunter2"
${RULE}`);
  expect(error.message).toContain("sink.api_key: must be a string, not a number");
  expect(error.message).not.toMatch(/hunter2|132002/);
});

test("references are shown as they are written", () => {
  const { message } = problemsOf(withLines("sink", 'api_key = "${env:NOWHERE}"\nlanes = "x"'));
  expect(message).toContain('api_key = "${env:NOWHERE}"');
});

test.each([
  ["toml", 'name = "shop\nx = 1', "test.toml:1:13: "],
  ["toml", "a = 1\na = 2", "test.toml:2:1: trying to redefine"],
  ["json", '{"name": "shop" "x"}', "test.json:1:17: Expected ',' or '}'"],
  ["json", '{"name": ', "test.json:1:10: Unexpected end of JSON input"],
] as const)("a %s syntax error is told with its place", (syntax, text, message) => {
  const error = problemsOf(text, syntax);
  expect(error.code).toBe("CONFIG_UNREADABLE");
  expect(error.message).toContain(message);
});

test("a file is read by its extension, with paths relative to it", async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), "tailrace-"));
  const file = join(folder.path, "shop.toml");
  await writeFile(join(folder.path, "password"), "from a file\n");
  await writeFile(file, MINIMAL.replace("env:MYSQL_PASSWORD", "file:password"));
  const config = ofTopology(await loadConfig(file), "direct");
  expect(config.source.password).toBe("from a file");
  expect(config.state).toEqual({ type: "file", path: join(folder.path, ".tailrace") });
  await expect(loadConfig(join(folder.path, "none.toml"))).rejects.toMatchObject({
    code: "CONFIG_UNREADABLE",
  });
  await expect(loadConfig(join(folder.path, "shop.yaml"))).rejects.toMatchObject({
    code: "CONFIG_UNREADABLE",
  });
});
