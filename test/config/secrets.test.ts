import { mkdtempDisposable, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { spawnTailrace } from "../cli/process.ts";
import { tailrace } from "../cli/tailrace.ts";
import { openTestTarget } from "../support/elasticsearch.ts";
import { openTestDatabase } from "../support/mysql.ts";
import { until } from "../support/until.ts";
import { serveHttp } from "./http-server.ts";

/** Whatever holds this is a secret. */
const SECRET = /s3cr3t/;

const ENV = { PLANTED: "s3cr3t-env", HOME: "/nowhere" };

const rule = '[[rules]]\ntable = "shop.t"\nindex = "t"\n';

/** Configurations in which secrets stand wherever they may; the servers are not there. */
const PLANTED: Readonly<Record<string, string>> = {
  "passwords in URLs": `name = "a"
[source]
url = "mysql://sync:s3cr3t-1@127.0.0.1:1"
start = "latest"
[sink]
hosts = ["http://elastic:s3cr3t-2@127.0.0.1:1"]
[admin]
listen = "127.0.0.1:0"
token = "s3cr3t-3"
${rule}`,
  "keys of their own, and references": `name = "b"
[source]
host = "127.0.0.1"
port = 1
user = "sync"
password = "\${env:PLANTED}"
start = "latest"
[sink]
hosts = ["http://127.0.0.1:1"]
api_key = "s3cr3t-4"
${rule}`,
  "Kafka's": `name = "c"
[source]
url = "mysql://sync:\${file:secret.txt}@127.0.0.1:1"
start = "latest"
[kafka]
brokers = ["127.0.0.1:1"]
[kafka.sasl]
mechanism = "plain"
username = "u"
password = "s3cr3t-5"
[sink]
hosts = ["http://127.0.0.1:1"]
bearer_token = "s3cr3t-6"
${rule}`,
};

/** Mistakes made near secrets. */
const BREAKS: Readonly<Record<string, (text: string) => string>> = {
  "a quote that is missing": (text) => text.replaceAll(/(s3cr3t-\d)"/g, "$1"),
  "an unknown key": (text) => text.replace("[sink]", "[sink]\npasswort = 's3cr3t-7'"),
  "a secret of another type": (text) => text.replace(/("[^"]*s3cr3t-\d[^"]*")/, "[$1]"),
  "a key that is there twice": (text) => text.replace(/^(.*s3cr3t.*)$/m, "$1\n$1"),
  "a URL that is none": (text) =>
    text.replaceAll("://sync:", ":/sync:").replaceAll("//elastic:", "/elastic:"),
  "a port that is none": (text) => text.replaceAll("127.0.0.1:1", "127.0.0.1:x1"),
  "a section in the wrong place": (text) => `${text}\n[source.more]\ntoken = "s3cr3t-9"\n`,
};

async function folder(text: string) {
  const directory = await mkdtempDisposable(join(tmpdir(), "tailrace-secrets-"));
  await writeFile(join(directory.path, "secret.txt"), "s3cr3t-file\n");
  const file = join(directory.path, "shop.toml");
  await writeFile(file, text);
  return { file, [Symbol.asyncDispose]: () => directory.remove() };
}

test.each(Object.keys(PLANTED))("%s are not in a dump, nor in what a check finds", async (name) => {
  await using at = await folder(PLANTED[name] ?? "");
  for (const flags of [[], ["--json"]]) {
    const shown = await tailrace(["config", "show", at.file, ...flags], ENV);
    expect(shown.code, shown.stderr).toBe(0);
    expect(shown.stdout).toContain("***");
    expect(shown.stdout + shown.stderr).not.toMatch(SECRET);
  }
  const checked = await tailrace(["check", at.file], ENV);
  expect(checked.code).toBe(2);
  expect(checked.stdout + checked.stderr).not.toMatch(SECRET);
});

test.each(Object.keys(PLANTED).flatMap((name) => Object.keys(BREAKS).map((way) => [name, way])))(
  "%s are not in the message about %s",
  async (name, way) => {
    await using at = await folder(BREAKS[way]?.(PLANTED[name] ?? "") ?? "");
    for (const flags of [[], ["--json"]]) {
      const shown = await tailrace(["config", "show", at.file, ...flags], ENV);
      expect(shown.stdout + shown.stderr).not.toMatch(SECRET);
    }
  },
);

test("a location's secrets are in no message", async () => {
  await using server = await serveHttp(() => "nane = 's3cr3t-1'");
  for (const location of [
    `http://u:s3cr3t-1@${server.host}/shop?sig=s3cr3t-2`,
    "http://s3cr3t-1@127.0.0.1:1/shop",
    "consul://s3cr3t-1@127.0.0.1:1/shop?token=s3cr3t-2",
    "etcd://root:s3cr3t-1@127.0.0.1:1/shop",
    "nacos://u:s3cr3t-1@127.0.0.1:1/shop?grp=s3cr3t-2",
    "apollo://s3cr3t-1@127.0.0.1:1/a/b/c",
    "zookeeper://u:s3cr3t-1@127.0.0.1:1/shop",
    "redis://u:s3cr3t-1@127.0.0.1:1/shop",
  ]) {
    for (const flags of [[], ["--json"]]) {
      const { code, stdout, stderr } = await tailrace(["config", "show", location, ...flags]);
      expect(code).toBe(2);
      expect(stdout + stderr).not.toMatch(SECRET);
      expect(stdout + stderr).toContain("CONFIG_");
    }
  }
});

test("a run tells no secret: not in its log, nor in /status, /metrics and answers, with servers there or not", async () => {
  await using db = await openTestDatabase();
  await using target = await openTestTarget();
  await db.query("create table t (id int primary key)");
  const user = `secrets_${process.pid}`;
  await db.query(
    `create user '${user}'@'%' identified by 's3cr3t-mysql'; grant select, replication slave, replication client on *.* to '${user}'@'%'`,
  );
  await using resources = new AsyncDisposableStack();
  resources.defer(async () => void (await db.query(`drop user '${user}'@'%'`)));
  const text = (more = "", password = "s3cr3t-mysql") => `name = "${db.name.replaceAll("_", "-")}"
[source]
url = "mysql://${user}:${password}@${db.url.host}"
start = "latest"
[sink]
hosts = ["http://elastic:s3cr3t-es@${target.url.host}"]
${more}
[admin]
listen = "127.0.0.1:0"
token = "s3cr3t-admin"
[[rules]]
table = "${db.name}.t"
index = "${target.prefix}t"
`;
  let served = text();
  await using server = await serveHttp(({ headers }) =>
    headers.authorization === "Bearer s3cr3t-url" ? served : { status: 401 },
  );
  await using at = await folder("");
  const copy = `${at.file}.copy`;
  const location = `http://s3cr3t-url@${server.host}/shop?sig=s3cr3t-sig`;
  await using child = spawnTailrace(["run", location, "--config-copy", copy, "--no-watch"]);
  const port = await until(
    "open endpoints",
    () => /"port":(\d+),"msg":"endpoints/.exec(child.stderr)?.[1],
  );
  const headers = { authorization: "Bearer s3cr3t-admin" };
  const ask = async (path: string, method = "GET") => {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, { method, headers });
    return `${answer.status} ${await answer.text()}`;
  };
  await until("it is ready", async () => (await ask("/readyz")).startsWith("200"));
  const told = [await ask("/status"), await ask("/metrics")];
  for (const [next, status] of [
    [text("nane = 's3cr3t-1'"), 422],
    [text().replace("http://elastic", "ftp://elastic"), 422],
    [text("", "s3cr3t-wrong"), 422],
    [`${text()}\n"s3cr3t-2`, 422],
    [text().replace("s3cr3t-admin", "s3cr3t-other"), 409],
  ] as const) {
    served = next;
    const answer = await ask("/reload", "POST");
    expect(answer).toMatch(new RegExp(`^${status} .*"code":"`));
    told.push(answer, await ask("/status"));
  }
  for (const answer of told) expect(answer).not.toMatch(SECRET);
  expect(await readFile(copy, "utf8")).toMatch(SECRET);
  child.send("SIGTERM");
  expect(await child.exitCode).toBe(0);
  expect(child.stderr).toContain("refused");
  expect(child.stderr + child.stdout).not.toMatch(SECRET);
});
