import { expect, test } from "vitest";
import { parseConfig } from "../../src/config/load.ts";
import { openTestDatabase } from "../support/mysql.ts";
import { tailrace } from "./tailrace.ts";

for (const server of ["mysql", "mariadb"] as const) {
  test(`init writes a configuration that loads, from the tables of ${server}`, async () => {
    await using db = await openTestDatabase(server);
    await db.query(`
      CREATE TABLE customers (id BIGINT UNSIGNED PRIMARY KEY, name VARCHAR(100), photo LONGBLOB);
      CREATE TABLE order_items (order_id BIGINT, line INT, sku VARCHAR(64), PRIMARY KEY (order_id, line));
      CREATE TABLE order_0 (id INT PRIMARY KEY, total DECIMAL(10, 2));
      CREATE TABLE order_1 LIKE order_0;
      CREATE TABLE order_12 LIKE order_0;
      CREATE TABLE part_1 (id INT PRIMARY KEY);
      CREATE TABLE part_2 (id INT PRIMARY KEY, more INT);
      CREATE TABLE keyless (line TEXT);
      CREATE TABLE _order_0_gho LIKE order_0;
      CREATE TABLE \`odd.näme\` (id INT PRIMARY KEY);
      CREATE VIEW v AS SELECT 1 AS one`);
    const url = `mysql://root@${db.url.host}`;
    const outcome = await tailrace(["init", "--mysql", url, "--tables", `${db.name}.*`, "--json"]);
    expect(outcome).toMatchObject({ code: 0, stderr: "" });
    const result = JSON.parse(outcome.stdout) as { readonly config: string };
    expect(result).toMatchObject({
      variables: [],
      left_out: [
        { table: `${db.name}.keyless`, reason: expect.stringContaining("no primary key") },
      ],
    });
    const config = parseConfig(result.config, {
      syntax: "toml",
      file: "init.toml",
      folder: "/",
      env: {},
    });
    expect(config).toMatchObject({
      name: db.name,
      source: { host: db.url.hostname, user: "root" },
    });
    const rules = config.rules.map(
      (rule) => `${rule.table.replace(`${db.name}.`, "")} → ${rule.index}`,
    );
    expect(rules.toSorted()).toEqual([
      "`odd.näme` → odd.näme",
      "customers → customers",
      "order_# → order",
      "order_items → order_items",
      "part_1 → part_1",
      "part_2 → part_2",
    ]);
  });
}

test("init never writes a password and names the variable that is to hold it", async () => {
  await using db = await openTestDatabase();
  await db.query("CREATE TABLE t (id INT PRIMARY KEY)");
  await db.query(`CREATE USER ${db.name}@'%' IDENTIFIED BY 'hunter2'`);
  try {
    await db.query(`GRANT SELECT ON ${db.name}.* TO ${db.name}@'%'`);
    const url = `mysql://${db.name}:hunter2@${db.url.host}`;
    const args = ["init", "--mysql", url, "--tables", `${db.name}.t`];
    const given = await tailrace(args);
    expect(given).toMatchObject({ code: 0 });
    expect(given.stdout).toContain(
      `url = "mysql://${db.name}:\${env:MYSQL_PASSWORD}@${db.url.host}"`,
    );
    expect(given.stderr).toContain("set MYSQL_PASSWORD in the environment");
    expect(given.stdout + given.stderr).not.toContain("hunter2");
    const fromEnvironment = await tailrace(
      args.map((arg) => arg.replace(":hunter2", "")),
      { MYSQL_PASSWORD: "hunter2" },
    );
    expect(fromEnvironment.stdout).toBe(given.stdout);
  } finally {
    await db.query(`DROP USER ${db.name}@'%'`);
  }
});

test("init puts Kafka in between, and knows what no broker's address is", async () => {
  await using db = await openTestDatabase();
  await db.query("CREATE TABLE t (id INT PRIMARY KEY)");
  const args = ["init", "--mysql", `mysql://root@${db.url.host}`, "--tables", `${db.name}.t`];
  const { code, stdout } = await tailrace([...args, "--kafka", "k-1:9093,k-2"]);
  expect(code).toBe(0);
  const options = { syntax: "toml", file: "init.toml", folder: "/", env: {} } as const;
  expect(parseConfig(stdout, { ...options, part: "sync" })).toMatchObject({
    source: { connection: { brokers: ["k-1:9093", "k-2:9092"] }, topics: [`${db.name}.t`] },
  });
  const refused = await tailrace([...args, "--kafka", "kafka://k-1"]);
  expect(refused).toMatchObject({ code: 2, stdout: "" });
  expect(refused.stderr).toContain("It must be host:port");
});

test("init without a matching table ends with 2, and so does a refused password", async () => {
  await using db = await openTestDatabase();
  const url = `mysql://root@${db.url.host}`;
  const none = await tailrace(["init", "--mysql", url, "--tables", `${db.name}.*`]);
  expect(none).toMatchObject({ code: 2, stdout: "" });
  expect(none.stderr).toContain("no table that this user may see matches");
  const stranger = `mysql://nobody:hunter2@${db.url.host}`;
  const refused = await tailrace(["init", "--mysql", stranger, "--tables", `${db.name}.*`]);
  expect(refused).toMatchObject({ code: 1, stdout: "" });
  expect(refused.stderr).toContain("SOURCE_ACCESS_DENIED: ");
  expect(refused.stderr).not.toContain("hunter2");
});
