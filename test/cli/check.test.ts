import { mkdtempDisposable, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Finding } from "../../src/core/finding.ts";
import { openTestTarget } from "../support/elasticsearch.ts";
import { openTestDatabase } from "../support/mysql.ts";
import { tailrace } from "./tailrace.ts";

/** What a configuration is written from. */
interface Scene {
  readonly user: string;
  readonly host: string;
  readonly sink: URL;
  /** Tables and the indices that they go to. */
  readonly rules: readonly (readonly [string, string])[];
}

async function openConfig({ user, host, sink, rules }: Scene) {
  const folder = await mkdtempDisposable(join(tmpdir(), "tailrace-"));
  const file = join(folder.path, "check.toml");
  const texts = rules.map(
    ([table, index]) => `[[rules]]\ntable = "${table}"\nindex = "${index}"\n`,
  );
  await writeFile(
    file,
    `name = "check"
[source]
url = "mysql://${user}@${host}"
start = "latest"
[sink]
hosts = ["${sink.origin}"]
${texts.join("")}`,
  );
  return { file, [Symbol.asyncDispose]: () => folder.remove() };
}

async function check(scene: Scene) {
  await using config = await openConfig(scene);
  const { code, stdout, stderr } = await tailrace(["check", config.file, "--json"]);
  expect(stderr).toBe("");
  const findings = JSON.parse(stdout) as readonly Finding[];
  return { code, errors: findings.filter((finding) => finding.severity === "error"), findings };
}

for (const server of ["mysql", "mariadb"] as const) {
  test(`a configuration that will run on ${server} ends with 0`, async () => {
    await using db = await openTestDatabase(server);
    await using target = await openTestTarget();
    await db.query(`CREATE TABLE t (id INT PRIMARY KEY, price DECIMAL(10, 2), at DATETIME(6))`);
    const scene = {
      user: "root",
      host: db.url.host,
      sink: target.url,
      rules: [[`${db.name}.t`, `${target.prefix}t`]],
    } as const;
    const { code, errors, findings } = await check(scene);
    expect(errors).toEqual([]);
    expect(code).toBe(0);
    expect(findings.map((finding) => finding.check)).toEqual(
      expect.arrayContaining(["log_bin", "server id", "start", `rule ${target.prefix}t`]),
    );
    await using config = await openConfig(scene);
    const text = await tailrace(["check", config.file]);
    expect(text).toMatchObject({ code: 0, stderr: "" });
    expect(text.stdout).toMatch(/^ok {6} rule .*: takes 1 table$/m);
    expect(text.stdout).toMatch(/\n\n0 errors, \d warnings?\n$/);
  });
}

test("tables that a rule cannot take, missing privileges and a missing cluster are told at once", async () => {
  await using db = await openTestDatabase();
  await db.query("CREATE TABLE keyless (line TEXT); CREATE TABLE t (id INT PRIMARY KEY)");
  await db.query(`CREATE USER ${db.name}@'%'; GRANT SELECT ON ${db.name}.* TO ${db.name}@'%'`);
  try {
    const { code, errors, findings } = await check({
      user: db.name,
      host: db.url.host,
      sink: new URL("http://127.0.0.1:1"),
      rules: [
        [`${db.name}.keyless`, "keyless"],
        [`${db.name}.t`, "t"],
        [`${db.name}.gone`, "gone"],
      ],
    });
    expect(code).toBe(2);
    expect(errors.every((finding) => finding.remedy !== undefined)).toBe(true);
    const text = JSON.stringify(errors);
    expect(text).toContain("the table has no primary key and the rule no id");
    expect(text).toMatch(/GRANT REPLICATION SLAVE/);
    expect(text).not.toContain('"check":"start"');
    expect(errors).toContainEqual(expect.objectContaining({ check: "host http://127.0.0.1:1" }));
    expect(findings).toContainEqual(
      expect.objectContaining({ severity: "warning", check: "rule gone" }),
    );
  } finally {
    await db.query(`DROP USER ${db.name}@'%'`);
  }
});
