import { mkdtempDisposable, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { tailrace } from "../../test/cli/tailrace.ts";

const CONFIG = `name = "shop"
[source]
url = "mysql://sync:\${env:MYSQL_PASSWORD}@127.0.0.1"
[sink]
hosts = ["http://127.0.0.1:9200"]
[[rules]]
table = "shop.orders"
index = "orders"
`;

async function openConfig(text: string) {
  const folder = await mkdtempDisposable(join(tmpdir(), "tailrace-"));
  const file = join(folder.path, "shop.toml");
  await writeFile(file, text);
  return { file, [Symbol.asyncDispose]: () => folder.remove() };
}

test.each(["run", "check", "init", "config show"])("%s --help has examples", async (command) => {
  const help = await tailrace([...command.split(" "), "--help"]);
  expect(help.code).toBe(0);
  expect(help.stdout).toContain(`$ tailrace ${command} `);
  expect(help.stdout).toContain("--json");
});

test.each([
  [["chek", "x.toml"], "unknown command 'chek'"],
  [["check"], "missing required argument 'config'"],
  [["check", "x.toml", "--jsn"], "unknown option '--jsn'"],
  [
    ["run", "x.toml", "--from", "binlog"],
    "It must be earliest, latest, a time (2026-11-23T10:00:00Z), FILE:POSITION",
  ],
  [["init"], "required option '--mysql <url>' not specified"],
])("the command line %j ends with 2", async (args, message) => {
  const outcome = await tailrace(args);
  expect(outcome).toMatchObject({ code: 2, stdout: "" });
  expect(outcome.stderr).toContain(message);
});

test.each(["run", "check", "config show"])(
  "%s tells what is wrong in a configuration, what to do, and ends with 2",
  async (command) => {
    await using config = await openConfig(CONFIG.replace("index =", "idnex ="));
    const outcome = await tailrace([...command.split(" "), config.file], { MYSQL_PASSWORD: "p" });
    expect(outcome).toMatchObject({ code: 2, stdout: "" });
    expect(outcome.stderr).toContain(`CONFIG_INVALID: 2 problems in ${config.file}\n`);
    expect(outcome.stderr).toContain(
      'shop.toml:8:1: rules[0].idnex: unknown key; did you mean "index"?',
    );
    expect(outcome.stderr).toContain("\n→ Correct every place listed");
  },
);

test("with --json an error is JSON on standard output", async () => {
  await using config = await openConfig(CONFIG);
  const outcome = await tailrace(["check", config.file, "--json"]);
  expect(outcome).toMatchObject({ code: 2, stderr: "" });
  expect(JSON.parse(outcome.stdout)).toMatchObject({
    error: {
      code: "CONFIG_SECRET_MISSING",
      message: expect.stringContaining("MYSQL_PASSWORD is not set"),
      remedy: expect.any(String),
    },
  });
});

test("config show fills in the defaults and hides secrets", async () => {
  await using config = await openConfig(CONFIG);
  const env = { MYSQL_PASSWORD: "hunter2" };
  const toml = await tailrace(["config", "show", config.file], env);
  expect(toml).toMatchObject({ code: 0, stderr: "" });
  expect(toml.stdout).toContain('flush_interval = "200ms"');
  expect(toml.stdout).toContain('password = "***"');
  expect(toml.stdout).not.toContain("hunter2");
  const json = await tailrace(["config", "show", config.file, "--json"], env);
  expect(JSON.parse(json.stdout)).toMatchObject({ name: "shop", sink: { max_bytes: "2MiB" } });
});

test("a server that cannot be reached is a finding with its remedy", async () => {
  await using config = await openConfig(
    CONFIG.replace("@127.0.0.1", "@127.0.0.1:1").replace(":9200", ":1"),
  );
  const outcome = await tailrace(["check", config.file, "--json"], { MYSQL_PASSWORD: "p" });
  expect(outcome.code).toBe(2);
  expect(JSON.parse(outcome.stdout)).toMatchObject([
    { severity: "error", check: "source", message: expect.stringContaining("SOURCE_UNREACHABLE") },
    { severity: "error", check: "host http://127.0.0.1:1", remedy: expect.any(String) },
    { severity: "ok", check: expect.stringContaining("/.tailrace") },
  ]);
});
