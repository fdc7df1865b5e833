import { mkdtempDisposable, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { tailrace } from "../cli/tailrace.ts";
import { openTestTarget } from "../support/elasticsearch.ts";
import { openTestDatabase } from "../support/mysql.ts";

test("the command names what differs and ends with 1, repairs it, and ends with 0 when all agree", async () => {
  await using db = await openTestDatabase();
  await using target = await openTestTarget();
  await using folder = await mkdtempDisposable(join(tmpdir(), "tailrace-verify-"));
  await db.query(
    "create table people (id int primary key, name varchar(40)); insert into people values (1, 'secret'), (2, 'b'), (3, 'c')",
  );
  const index = `${target.prefix}people`;
  const config = join(folder.path, "tailrace.toml");
  await writeFile(
    config,
    `name = "verify-${db.name}"
[source]
url = "${db.url.href}"
[sink]
hosts = ["${target.url.origin}"]
[state]
path = "state"
[log]
level = "error"
[[rules]]
name = "people"
table = "${db.name}.people"
index = "${index}"
`,
  );
  expect(await tailrace(["load", config])).toMatchObject({ code: 0 });
  const verify = (...flags: readonly string[]) =>
    tailrace(["verify", config, "--no-settle", ...flags]);

  const clean = await verify();
  expect(clean).toMatchObject({ code: 0, stderr: "" });
  expect(clean.stdout).toMatch(/people +\S+\.people +3 +3 +3 +0 +0 +0 +0/);
  expect(clean.stdout).toContain(`index ${index}: 3 documents, 0 without a row`);
  expect(clean.stdout).toMatch(/no differences; 3 rows in/);

  await target.request("PUT", `${index}/_doc/1`, { id: 1, name: "other" });
  await target.request("PUT", `${index}/_doc/9`, { id: 9, name: "extra" });
  const different = await verify();
  expect(different.code).toBe(1);
  expect(different.stderr).toContain("VERIFY_DIFFERENT: 0 missing, 1 stale, 0 different, 1 extra");
  expect(different.stdout).toContain(`stale     people ${db.name}.people id=1 → ${index}/1: name`);
  expect(different.stdout).toContain(`extra     people → ${index}/9`);
  expect(different.stdout).not.toContain("secret");
  expect((await verify("--show-values")).stdout).toContain(
    'name: "secret" in the row, "other" in the document',
  );

  const json = await verify("--json", "--table", `${db.name}.people`);
  expect(json.code).toBe(1);
  expect(JSON.parse(json.stdout)).toMatchObject({
    agree: false,
    counts: { missing: 0, stale: 1, different: 0, extra: 0 },
    indices: [{ index, documents: null, reason: "not all rows of rule people were compared" }],
    differences: [{ kind: "stale", id: "1", key: { id: "1" }, fields: ["name"] }],
  });

  const repaired = await verify("--repair");
  expect(repaired).toMatchObject({ code: 0, stderr: "" });
  expect(repaired.stdout).toMatch(/2 differences, 2 repaired/);
  expect((await verify()).stdout).toMatch(/no differences/);
  expect(await verify("--sample", "0%")).toMatchObject({ code: 2 });
  expect(await verify("--rule", "nobody")).toMatchObject({ code: 1 });
});
