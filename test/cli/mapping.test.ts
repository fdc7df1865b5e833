import { mkdtempDisposable, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openTestTarget } from "../support/elasticsearch.ts";
import { openTestDatabase } from "../support/mysql.ts";
import { tailrace } from "./tailrace.ts";

/** A table, a configuration of these rules, and the command on it. */
async function openScene(rules: (names: { database: string; prefix: string }) => string) {
  await using stack = new AsyncDisposableStack();
  const db = stack.use(await openTestDatabase("mysql"));
  const target = stack.use(await openTestTarget());
  const folder = stack.use(await mkdtempDisposable(join(tmpdir(), "tailrace-")));
  await db.query(
    "CREATE TABLE orders (id INT PRIMARY KEY, price DECIMAL(10, 2), qty INT, tags VARCHAR(99), created_at DATETIME)",
  );
  const file = join(folder.path, "shop.toml");
  await writeFile(
    file,
    `name = "mapping"
[source]
url = "mysql://root@${db.url.host}"
[sink]
hosts = ["${target.url.origin}"]
${rules({ database: db.name, prefix: target.prefix })}`,
  );
  const held = stack.move();
  return {
    target,
    run: async (...flags: readonly string[]) => tailrace(["mapping", file, ...flags]),
    check: async () => tailrace(["check", file, "--json"]),
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

const ORDERS = ({ database, prefix }: { database: string; prefix: string }): string => `[[rules]]
name = "orders"
index = "${prefix}orders"
query = """
  select id, price * qty as total, split(tags, ',') as tags, created_at
  from ${database}.orders
"""
`;

test("the mapping that a rule implies is printed", async () => {
  await using scene = await openScene(ORDERS);
  const { code, stdout, stderr } = await scene.run("--json");
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(JSON.parse(stdout)).toEqual([
    {
      index: `${scene.target.prefix}orders`,
      rules: ["orders"],
      mappings: {
        dynamic: "strict",
        properties: {
          id: { type: "integer" },
          created_at: { type: "date", format: "strict_date_optional_time" },
          total: { type: expect.any(String) },
          tags: expect.objectContaining({ type: expect.any(String) }),
        },
      },
      problems: [],
      indices: [],
    },
  ]);
  const text = await scene.run("--rule", "orders");
  expect(text.stdout).toContain(`# ${scene.target.prefix}orders (rule orders)\n{\n  "mappings"`);
  const unknown = await scene.run("--rule", "other");
  expect(unknown).toMatchObject({ code: 2, stdout: "" });
  expect(unknown.stderr).toContain("there is no rule other; there are orders");
});

test("missing fields are added, and a type that does not fit is told", async () => {
  await using scene = await openScene(ORDERS);
  const index = `${scene.target.prefix}orders`;
  expect((await scene.run("--diff")).stdout).toContain("does not exist");
  await scene.target.request("PUT", `/${index}`, {
    mappings: {
      properties: { id: { type: "long" }, total: { type: "boolean" }, old: { type: "date" } },
    },
  });
  const diff = await scene.run("--diff");
  expect(diff.code).toBe(2);
  expect(diff.stdout).toContain(`${index} differs:`);
  expect(diff.stdout).toContain('+ created_at: date (format "strict_date_optional_time"), missing');
  expect(diff.stdout).toContain("~ id: long, should be integer: takes all values all the same");
  expect(diff.stdout).toMatch(/~ total: boolean, should be \w+.*: may refuse values of the column/);
  expect(diff.stdout).toContain("- old: date, which no rule writes");
  expect(diff.stdout).toContain("only a rebuild helps for total:");
  const applied = await scene.run("--apply");
  expect(applied.stdout).toContain(
    '+ created_at: date (format "strict_date_optional_time"), added',
  );
  const after = JSON.parse((await scene.run("--diff", "--json")).stdout);
  expect(after[0].indices[0]).toMatchObject({ missing: {}, added: [] });
});

test("where rows choose the index, all that there are are compared", async () => {
  await using scene = await openScene((names) =>
    ORDERS(names).replace('orders"\nquery', 'orders-{year(created_at)}"\nquery'),
  );
  const { prefix } = scene.target;
  await scene.target.request("PUT", `/${prefix}orders-2025`, {
    mappings: { properties: { id: { type: "integer" } } },
  });
  await scene.target.request("PUT", `/${prefix}orders-2026`, {
    mappings: { properties: { created_at: { type: "boolean" } } },
  });
  const { stdout, code } = await scene.run("--apply");
  expect(code).toBe(2);
  expect(stdout).toContain(`# ${prefix}orders-* (rule orders)`);
  expect(stdout).toContain(`${prefix}orders-2025 differs:\n`);
  expect(stdout).toContain("only a rebuild helps for created_at:");
  const { stdout: findings } = await scene.check();
  expect(JSON.parse(findings)).toEqual(
    expect.arrayContaining([
      { severity: "ok", check: `indices ${prefix}orders-*`, message: "there are 2 now" },
      expect.objectContaining({
        severity: "warning",
        check: `index ${prefix}orders-2026, field created_at`,
      }),
    ]),
  );
});
